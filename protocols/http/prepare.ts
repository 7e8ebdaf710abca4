/**
 * Makes of an answer what is sent to one client.
 *
 * @module
 */

import { isBytes } from "../../src/bytes/outgoing.ts";
import { BodySource, cancel, dropContentFields, frame, setContentType } from "./answer.ts";
import { compress } from "./compression.ts";
import type { CompressionOptions } from "./options.ts";
import { hasMember } from "./lists.ts";
import type { HttpRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import type { Framing } from "./writer.ts";

/** An answer as it is sent. */
export interface PreparedAnswer {
  /** Its status and header fields. */
  readonly response: HttpResponse;
  /** How the end of its body is told. */
  readonly framing: Framing;
  /** The bytes after the head; `null` if there are none, or they are streamed. */
  readonly content: Uint8Array | null;
  /** What streams the bytes after the head. */
  readonly source: BodySource | undefined;
  /** True if the connection ends with it. */
  readonly closes: boolean;
}

/**
 * Adds what the application has left out, and takes away what this client is not sent.
 *
 * @throws {TypeError} If the body cannot be read: nothing of the answer has been written by then.
 */
export function prepare(
  answer: HttpResponse,
  request: HttpRequest,
  compression: CompressionOptions | undefined,
): PreparedAnswer {
  try {
    return prepareOwned(answer, request, compression);
  } catch (error) {
    cancel(answer);
    throw error;
  }
}

function prepareOwned(
  answer: HttpResponse,
  request: HttpRequest,
  compression: CompressionOptions | undefined,
): PreparedAnswer {
  setContentType(answer);
  const response = compression === undefined ? answer : compress(answer, request, compression);
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
