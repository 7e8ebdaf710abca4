/**
 * Applications of the web's form: a `Request` in, a `Response` out.
 *
 * @module
 */

import { settledPromise } from "../../src/calls.ts";
import { isPromiseLike } from "../../src/promises.ts";
import type { Connection } from "../../src/protocol/connection.ts";
import { cancel, type HttpOutgoing } from "./response_framing.ts";
import { type FetchInfo, RequestInfo } from "./fetch_info.ts";
import type { HttpRequest } from "./request.ts";
import { globalsOverridden } from "./web/globals.ts";
import { LazyRequest } from "./web/lazy_request.ts";
import { checkWebRequest, makeNativeRequest } from "./web/native_request.ts";

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
): (connection: Connection<HttpOutgoing>, request: HttpRequest) => void | Promise<void> {
  const handle: FetchHandler = typeof fetch === "function"
    ? fetch
    : (request, info) => fetch.fetch(request, info);
  return (connection, request) => {
    checkWebRequest(request);
    const webRequest = globalsOverridden
      ? new LazyRequest(request) as unknown as Request
      : makeNativeRequest(request);
    const response = handle(webRequest, new RequestInfo(connection, request));
    if (!isPromiseLike(response)) return respond(connection, request, response);
    return settledPromise(response).then((response) => respond(connection, request, response));
  };
}

/** Sends what the app returned, unless it has upgraded the connection, or responded by Goer's own way. */
function respond(
  connection: Connection<HttpOutgoing>,
  request: HttpRequest,
  response: Response,
): void {
  if (request.responded) cancel(response);
  else connection.send(response);
}

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
  checkWebRequest(request);
  return makeNativeRequest(request);
}
