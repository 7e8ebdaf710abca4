/**
 * Creates the runtime's own `Request` from Goer's.
 *
 * @module
 */

import type { HttpHeaders } from "../headers.ts";
import { HttpError } from "../http_error.ts";
import { checkOrigin, type HttpRequest } from "../request.ts";
import { NativeRequest } from "./natives.ts";

/**
 * The methods that a `Request` can have on every runtime. Bun changes others to GET, and the Fetch
 * standard forbids CONNECT, TRACE and TRACK.
 */
const METHODS = new Set([
  ...["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "QUERY"],
  ...["ACL", "BIND", "CHECKOUT", "COPY", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR"],
  ...["MKCOL", "MOVE", "PROPFIND", "PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNLINK"],
  ...["UNLOCK", "M-SEARCH", "NOTIFY", "PURGE", "SOURCE", "SUBSCRIBE", "UNSUBSCRIBE"],
]);

/**
 * Refuses a request that a web `Request` cannot represent.
 *
 * @throws {HttpError} 501 for its method, 400 for its host.
 */
export function checkWebRequest(request: HttpRequest): void {
  const { method } = request;
  if (!METHODS.has(method)) {
    throw new HttpError(501, `Cannot make a web request of the request: its method is ${method}`);
  }
  checkOrigin(request);
}

/**
 * True if the web `Request` has a body. For GET and HEAD it has none, and received bytes are
 * dropped.
 */
export function hasWebBody({ hasBody, method }: HttpRequest): boolean {
  return hasBody && method !== "GET" && method !== "HEAD";
}

/**
 * Creates a native request.
 *
 * @param request The request. Its body is then read through the result.
 * @param headers Its header fields, if the app may have changed them.
 * @throws {HttpError} 400 if it has no URL.
 */
export function makeNativeRequest(request: HttpRequest, headers?: Headers): Request {
  const { method, signal, url } = request;
  const isRead = request.bodyUsed;
  const content = isRead ? new Uint8Array() : request.body;
  const body = hasWebBody(request) ? content : null;
  const fields = headers === undefined ? webFields(request.headers) : [...headers];
  const init = { method, signal, body, headers: fields, duplex: "half" };
  try {
    const native = new NativeRequest(url, init as RequestInit);
    // Its `bodyUsed` must be true.
    if (isRead) void native.arrayBuffer();
    return native;
  } catch (cause) {
    throw new HttpError(400, "Cannot make a web request of the request", { cause });
  }
}

/** On Deno, the web `Headers` would join several Cookie fields with a comma. */
function webFields(headers: HttpHeaders): [name: string, value: string][] {
  const fields = [...headers];
  const cookie = headers.get("cookie");
  if (cookie === null) return fields;
  return [...fields.filter(([name]) => name !== "cookie"), ["cookie", cookie]];
}
