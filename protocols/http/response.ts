/**
 * Responses.
 *
 * @module
 */

import { isBytes, typeName, unsendable } from "../../src/bytes/outgoing.ts";
import { type Cookie, setCookie } from "./cookies.ts";
import { checkField, HttpHeaders, type HttpHeadersInit, quoted } from "./headers.ts";

/**
 * The body of a response: text (sent as UTF-8), bytes, a stream or an async iterable. A stream is
 * read no faster than the client receives it.
 */
export type HttpBody =
  | string
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | null;

/** What a body can be, for errors. */
const BODY_TYPES = "a string, a Uint8Array, a ReadableStream, an async iterable or null";

function isBody(body: unknown): body is HttpBody {
  return body === null || typeof body === "string" || isBytes(body) ||
    body instanceof ReadableStream ||
    typeof (body as AsyncIterable<unknown>)[Symbol.asyncIterator] === "function";
}

/** Options of {@linkcode HttpResponse}. */
export interface HttpResponseInit {
  /**
   * The status, 200 to 599.
   *
   * @default {200}
   */
  status?: number;
  /** The reason phrase. Default: the one of RFC 9110. */
  statusText?: string;
  /** The header fields, which are copied. `Date` and the framing of the body are added. */
  headers?: HttpHeadersInit;
  /**
   * Returns the trailer fields after a streamed body, or a promise of them.
   */
  trailers?: () => HttpHeadersInit | PromiseLike<HttpHeadersInit>;
}

/** The statuses that redirect (RFC 9110, section 15.4). */
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Encodes characters that RFC 3986 does not allow in a URL: blanks, quotes, non-ASCII characters. A
 * host becomes Punycode. Control characters remain, to be refused.
 */
function encodeLocation(location: string): string {
  const foreignHost = /^[\w+.-]+:\/\/[^/?#]*[^\0-\x7f/?#]/.test(location);
  if (foreignHost && URL.canParse(location)) return new URL(location).href;
  const notAllowed = /[ "<>\\^`{|}]|[^\0-\x7f]+/g;
  return location.replace(notAllowed, (text) => encodeURIComponent(text.toWellFormed()));
}

/**
 * A response.
 *
 * @example
 * ```ts
 * import { HttpResponse } from "@goer/goer/protocols/http";
 *
 * const response = new HttpResponse("not here", { status: 404 });
 * response.setCookie({ name: "seen", value: "1", httpOnly: true });
 * if (response.headers.get("set-cookie") !== "seen=1; HttpOnly") throw new Error();
 * ```
 */
export class HttpResponse {
  /** The status. */
  readonly status: number;
  /** The reason phrase; `undefined` for the one of RFC 9110. */
  readonly statusText: string | undefined;
  /** The header fields. */
  readonly headers: HttpHeaders;
  /** The body. */
  readonly body: HttpBody;
  /** Called at the end of a streamed body for its trailer fields. */
  readonly trailers: (() => HttpHeadersInit | PromiseLike<HttpHeadersInit>) | undefined;

  /**
   * Creates a response.
   *
   * @param body The body; `null` for none.
   * @param init Status and header fields.
   * @throws {RangeError} If the status is not between 200 and 599.
   * @throws {TypeError} If a header field is not valid, or the body or trailers have another type.
   */
  constructor(body: HttpBody = null, init: HttpResponseInit = {}) {
    const { status = 200, statusText, headers, trailers } = init;
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`Cannot make a response: status ${status} is not between 200 and 599`);
    }
    if (!isBody(body)) throw unsendable(body, BODY_TYPES);
    if (statusText !== undefined) checkField("status-text", statusText);
    if (trailers !== undefined && typeof trailers !== "function") {
      throw new TypeError(
        `The trailers of a response must be a function, not ${typeName(trailers)}`,
      );
    }
    this.body = body;
    this.status = status;
    this.statusText = statusText;
    this.headers = new HttpHeaders(headers);
    this.trailers = trailers;
  }

  /**
   * A response with JSON.
   *
   * @param value What `JSON.stringify` takes.
   * @param init Status and header fields.
   * @throws {TypeError} If JSON cannot represent it, such as a function or `undefined`.
   */
  static json(value: unknown, init: HttpResponseInit = {}): HttpResponse {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`Cannot make JSON of ${typeName(value)}`);
    const response = new HttpResponse(text, init);
    if (!response.headers.has("content-type")) {
      response.headers.append("content-type", "application/json");
    }
    return response;
  }

  /** A response with HTML. */
  static html(body: string, init: HttpResponseInit = {}): HttpResponse {
    const response = new HttpResponse(body, init);
    if (!response.headers.has("content-type")) {
      response.headers.append("content-type", "text/html; charset=utf-8");
    }
    return response;
  }

  /**
   * A redirect.
   *
   * @param location The URL to redirect to. Characters that a URL cannot contain are percent-encoded.
   * @param status One of 301, 302, 303, 307 and 308.
   * @throws {RangeError} If the status is not allowed.
   * @throws {TypeError} If the location is not a string or a `URL`, or contains control characters.
   */
  static redirect(location: string | URL, status = 302): HttpResponse {
    if (!REDIRECTS.includes(status)) {
      throw new RangeError(
        `Cannot redirect: status ${status} is not one of ${REDIRECTS.join(", ")}`,
      );
    }
    if (typeof location !== "string" && !(location instanceof URL)) {
      throw new TypeError(`Cannot redirect to ${typeName(location)}: give a string or a URL`);
    }
    const encoded = encodeLocation(String(location));
    // A field can contain a tab. Clients remove it, so "/\t/host" would name another host.
    if (encoded.includes("\t")) {
      throw new TypeError(`Cannot redirect to '${quoted(encoded)}': it contains a tab`);
    }
    return new HttpResponse(null, { status, headers: { location: encoded } });
  }

  /**
   * Converts a web `Response`.
   *
   * @throws {TypeError} If its body has been read already.
   */
  static from(response: Response): HttpResponse {
    if (response.bodyUsed) {
      throw new TypeError("Cannot respond with a Response whose body has been read");
    }
    // Read these before `body`: on Bun, accessing it loses the media type.
    const { status, statusText, headers } = response;
    const init = { status, statusText: statusText === "" ? undefined : statusText, headers };
    return new HttpResponse(response.body, init);
  }

  /**
   * Adds a cookie.
   *
   * @throws {SyntaxError} If a part of it contains characters that are not allowed, or browsers
   * would refuse it.
   * @throws {RangeError} If `expires` or `maxAge` is out of range.
   * @throws {TypeError} If `expires` is of another type.
   */
  setCookie(cookie: Cookie): this {
    setCookie(this.headers, cookie);
    return this;
  }
}
