/**
 * The framing of responses.
 *
 * @module
 */

import { encodeOnce } from "../../src/bytes/encoded_text.ts";
import { isBytes, sizeOf, unsendable } from "../../src/bytes/outgoing.ts";
import { isObject } from "../../src/option_types.ts";
import { callApplication, type Failed, logFault } from "../../src/calls.ts";
import type { HttpHeaders } from "./headers.ts";
import { type HttpBody, HttpResponse } from "./response.ts";
import type { Framing } from "./response_writer.ts";
import { LightResponse } from "./web/light_response.ts";
import { NativeResponse } from "./web/natives.ts";

/** The responses that never have a body (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5). */
const EMPTY_STATUSES = new Set([204, 205, 304]);

const encoder = new TextEncoder();

/** A response: text or bytes (status 200), an {@linkcode HttpResponse} or a web `Response`. */
export type HttpOutgoing = string | Uint8Array | HttpResponse | Response;

/**
 * The former name of {@linkcode HttpOutgoing}.
 *
 * @deprecated Use {@linkcode HttpOutgoing}.
 */
export type HttpAnswer = HttpOutgoing;

/** Converts a message, other than a web `Response` that has to be read, to an {@linkcode HttpResponse}. */
export function toResponse(message: HttpOutgoing): HttpResponse | Response {
  if (message instanceof HttpResponse) return withContentType(message);
  // A web `Response` names its media type itself, or leaves it to the client.
  if (message instanceof NativeResponse) return LightResponse.contentOf(message) ?? message;
  if (typeof message === "string" || isBytes(message)) {
    return withContentType(new HttpResponse(message));
  }
  cancel(message);
  throw unsendable(message, "a string, a Uint8Array, an HttpResponse or a Response");
}

/**
 * True for a value that a handler returns as its response. An object literal or an array is meant so
 * too, and `toResponse` explains why it cannot be sent. Other values, such as a timer, are not.
 */
export function isMeantAsResponse(value: unknown): value is HttpOutgoing {
  if (typeof value === "string" || isBytes(value) || Array.isArray(value)) return true;
  if (value instanceof HttpResponse || value instanceof Response) return true;
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * Fields that a 304 does not need: it tells a cache what to update, and has no content (RFC 9110,
 * section 15.4.5).
 */
const CONTENT_FIELDS = [
  "accept-ranges",
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
];

/** Removes the fields that describe content that is not sent. */
export function dropContentFields({ headers }: HttpResponse): void {
  for (const name of CONTENT_FIELDS) headers.delete(name);
}

/** Sets the media type of a body if the application has not. */
function withContentType(response: HttpResponse): HttpResponse {
  const { body, headers } = response;
  if (headers.has("content-type")) return response;
  if (typeof body === "string") headers.append("content-type", "text/plain; charset=utf-8");
  else if (isBytes(body)) headers.append("content-type", "application/octet-stream");
  return response;
}

/** A response's body as it is sent. */
export interface FramedBody {
  /** How its end is marked. */
  readonly framing: Framing;
  /** The bytes or stream to send; `null` for nothing. */
  readonly content: Exclude<HttpBody, string>;
}

/**
 * Decides how the body of a response is framed (RFC 9112, section 6).
 *
 * @param response The response.
 * @param request The method and version of the request.
 */
export function frame(
  response: HttpResponse,
  request: { readonly method: string; readonly version: string },
): FramedBody {
  const { status, headers } = response;
  const declared = declaredLength(headers);
  if (EMPTY_STATUSES.has(status)) {
    return { framing: status === 205 ? 0 : "none", content: null };
  }
  const content = typeof response.body === "string" ? encodeOnce(response.body) : response.body;
  const isHead = request.method === "HEAD";
  if (content === null) return { framing: isHead ? declared ?? 0 : 0, content };
  const known = isBytes(content) ? sizeOf(content) : declared;
  if (isHead) return { framing: known ?? "none", content: null };
  return { framing: known ?? (request.version === "1.0" ? "close" : "chunked"), content };
}

/** The length of a stream that the application has declared. */
function declaredLength(headers: HttpHeaders): number | undefined {
  const value = headers.get("content-length");
  if (value === null) return undefined;
  if (!/^\d{1,15}$/.test(value)) {
    throw new TypeError(`Cannot respond with a Content-Length of '${value}'`);
  }
  return Number(value);
}

/**
 * Releases the resources of a response or body that is not sent, because the receiver owns them.
 */
export function cancel(message: unknown): void {
  if (typeof message !== "object" || message === null || isBytes(message)) return;
  if (message instanceof HttpResponse || message instanceof NativeResponse) {
    return cancel(message.body);
  }
  try {
    const body = message as ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;
    if (isStream(body) || Symbol.asyncIterator in body) new BodySource(body).stop();
  } catch {
    // Another reader uses and releases it.
  }
}

type Stream = ReadableStream<Uint8Array>;

function isStream(body: object): body is Stream {
  return body instanceof ReadableStream;
}

/** A streamed body, with one interface for all kinds of streams. */
export class BodySource {
  readonly #next: () => Promise<{ done?: boolean; value?: Uint8Array | string }>;
  readonly #stop: () => unknown;
  /** True once it has ended, failed or been stopped. */
  #over = false;
  /** The error of the last read. */
  #error: unknown = Symbol();

  /** @param body A stream or an async iterable. */
  constructor(body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>) {
    if (isStream(body)) {
      const reader = body.getReader();
      this.#next = () => reader.read();
      // This ends a pending read; the iterator of a stream would wait for it.
      this.#stop = () => reader.cancel();
    } else {
      const iterator = body[Symbol.asyncIterator]();
      this.#next = () => iterator.next();
      this.#stop = () => {
        // A Node stream can hold a file before it is first read, which its iterator does not know.
        (body as { destroy?: () => void }).destroy?.();
        return iterator.return?.();
      };
    }
  }

  /**
   * The next piece as bytes; `undefined` at the end.
   *
   * @throws {TypeError} If it is neither a string nor bytes.
   */
  async next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#read();
    if (done) return undefined;
    if (typeof value === "string") return encoder.encode(value);
    if (isBytes(value)) return value;
    throw unsendable(value, "a string or a Uint8Array as each piece of a body");
  }

  async #read(): Promise<{ done?: boolean; value?: Uint8Array | string }> {
    try {
      const result = await this.#next();
      if (result.done) this.#over = true;
      return result;
    } catch (error) {
      this.#over = true;
      this.#error = error;
      throw error;
    }
  }

  /**
   * Stops reading and releases the stream.
   *
   * @param failed Receives errors that the application throws or rejects with.
   */
  stop(failed: Failed = logFault): void {
    if (this.#over) return;
    this.#over = true;
    callApplication(this.#stop, (thrown) => {
      // The reader has already received this error, and an abort was intended.
      const isKnown = thrown === this.#error || (thrown as Error | null)?.name === "AbortError";
      if (!isKnown) failed(thrown);
    });
  }
}
