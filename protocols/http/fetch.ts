/**
 * Applications of the web's form: a `Request` in, a `Response` out.
 *
 * @module
 */

import type { Connection } from "../../src/protocol/connection.ts";
import type { HttpOutgoing } from "./response_framing.ts";
import type { HttpHeaders } from "./headers.ts";
import { HttpError } from "./http_error.ts";
import type { HttpRequest } from "./request.ts";

/** The second argument of a {@linkcode FetchHandler}. */
export interface FetchInfo {
  /** The connection that the request came on. */
  readonly connection: Connection<HttpOutgoing>;
  /** Goer's own request, with cookies and forms with files on disk. */
  readonly request: HttpRequest;
}

/** A handler with web types, such as an app of Hono or h3. */
export type FetchHandler = (
  request: Request,
  info: FetchInfo,
) => Response | Promise<Response>;

/** An app with a `fetch` function, as Hono, h3 and Elysia have. */
export interface FetchApp {
  /** Takes a request, and returns the response. */
  fetch: FetchHandler;
}

/**
 * Turns a handler with web types into a handler for `onMessage`.
 *
 * @param fetch The application, or an object that has it as its method `fetch`.
 * @returns A handler for `onMessage`.
 *
 * @example
 * ```ts
 * import { Goer } from "@goer/goer";
 * import { fetchHandler } from "@goer/goer/protocols/http";
 *
 * const goer = new Goer("http://127.0.0.1:0");
 * goer.onMessage = fetchHandler(({ url }) => new Response(new URL(url).pathname));
 * await using service = await goer.listen();
 * const response = await fetch(`${service.address}/hello`);
 * if (await response.text() !== "/hello") throw new Error();
 * ```
 */
export function fetchHandler(
  fetch: FetchHandler | FetchApp,
): (connection: Connection<HttpOutgoing>, request: HttpRequest) => Promise<void> {
  const handle: FetchHandler = typeof fetch === "function"
    ? fetch
    : (request, info) => fetch.fetch(request, info);
  return async (connection, request) => {
    connection.send(await handle(toWebRequest(request), { connection, request }));
  };
}

/**
 * The methods that the `Request` of every runtime can hold. Bun makes GET of any other, and the Fetch
 * standard forbids CONNECT, TRACE and TRACK.
 */
const METHODS = new Set([
  ...["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "QUERY"],
  ...["ACL", "BIND", "CHECKOUT", "COPY", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR"],
  ...["MKCOL", "MOVE", "PROPFIND", "PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNLINK"],
  ...["UNLOCK", "M-SEARCH", "NOTIFY", "PURGE", "SOURCE", "SUBSCRIBE", "UNSUBSCRIBE"],
]);

/**
 * Converts a request to a web `Request`.
 *
 * @param request The request. Its body is then read through the result; that of a GET or HEAD, which
 * the web's form cannot hold, is left out.
 * @throws {HttpError} If a web `Request` cannot represent it: 501 for its method, 400 for its host.
 *
 * @example
 * ```ts
 * import { Goer } from "@goer/goer";
 * import { toWebRequest } from "@goer/goer/protocols/http";
 *
 * const goer = new Goer("http://127.0.0.1:0");
 * goer.onMessage = async (connection, request) => {
 *   const { size } = await toWebRequest(request).blob();
 *   connection.send(`${size} bytes`);
 * };
 * await using service = await goer.listen();
 * const response = await fetch(service.address, { method: "POST", body: "hello" });
 * if (await response.text() !== "5 bytes") throw new Error();
 * ```
 */
export function toWebRequest(request: HttpRequest): Request {
  const { method, signal, url } = request;
  if (!METHODS.has(method)) {
    throw new HttpError(501, `Cannot make a web request of the request: its method is ${method}`);
  }
  // The web's form has no body for these; the server drops what comes, as others do.
  const body = method === "GET" || method === "HEAD" ? null : request.body;
  const init = { method, signal, body, headers: webHeaders(request.headers), duplex: "half" };
  try {
    return new Request(url, init as RequestInit);
  } catch (cause) {
    throw new HttpError(400, "Cannot make a web request of the request", { cause });
  }
}

/** The web's `Headers` would join several Cookie fields by a comma, on Deno. */
function webHeaders(headers: HttpHeaders): [name: string, value: string][] {
  const fields = [...headers];
  const cookie = headers.get("cookie");
  if (cookie === null) return fields;
  return [...fields.filter(([name]) => name !== "cookie"), ["cookie", cookie]];
}
