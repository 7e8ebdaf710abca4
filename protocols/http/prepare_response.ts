/**
 * Adapts a response to the client that receives it.
 *
 * @module
 */

import { isBytes } from "../../src/bytes/outgoing.ts";
import type { SendBuffer } from "../../src/protocol/buffers.ts";
import {
  BodySource,
  cancel,
  dropContentFields,
  frame,
  type HttpOutgoing,
} from "./response_framing.ts";
import { compress } from "./compression.ts";
import type { CompressionOptions } from "./options.ts";
import { hasMember } from "./lists.ts";
import type { HttpRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import type { Framing } from "./response_writer.ts";
import { writeText } from "./text_response.ts";
import { LightResponse } from "./web/light_response.ts";
import { NativeResponse } from "./web/natives.ts";

/** A response as it is sent. */
export interface PreparedResponse {
  /** Its status and header fields. */
  readonly response: HttpResponse;
  /** How the end of the body is marked. */
  readonly framing: Framing;
  /** The bytes after the head; `null` if there are none, or they are streamed. */
  readonly content: Uint8Array | null;
  /** The stream of the bytes after the head. */
  readonly source: BodySource | undefined;
  /** True if the connection ends after it. */
  readonly closes: boolean;
}

/**
 * Writes a response to a client that keeps the connection, if it is a short text and nothing more.
 *
 * @returns The time of the response, in ms since 1970; 0 if nothing is written.
 */
export function writeAtOnce(message: HttpOutgoing, out: SendBuffer): number {
  if (typeof message === "string") return writeText(message, out);
  return message instanceof NativeResponse ? LightResponse.write(message, out) : 0;
}

/**
 * Adds missing fields, and removes what this client does not get.
 *
 * @throws {TypeError} If the body cannot be read. Nothing has been written by then.
 */
export function prepare(
  given: HttpResponse,
  request: HttpRequest,
  compression: CompressionOptions | undefined,
): PreparedResponse {
  try {
    return prepareOwned(given, request, compression);
  } catch (error) {
    cancel(given);
    throw error;
  }
}

function prepareOwned(
  given: HttpResponse,
  request: HttpRequest,
  compression: CompressionOptions | undefined,
): PreparedResponse {
  const response = compression === undefined ? given : compress(given, request, compression);
  if (response.status === 304) dropContentFields(response);
  const { framing, content } = frame(response, request);
  if (content === null) cancel(response.body);
  return {
    response,
    framing,
    content: isBytes(content) ? content : null,
    source: content === null || isBytes(content) ? undefined : new BodySource(content),
    closes: framing === "close" || hasMember(response.headers.get("connection"), "close"),
  };
}
