/**
 * Applications with web types: a `Request` in, a `Response` out.
 *
 * @module
 */

import { typeName } from "../../src/bytes/outgoing.ts";
import { isGoerError, reasonOf, settledPromise } from "../../src/calls.ts";
import { GoerError } from "../../src/errors.ts";
import { isPromiseLike } from "../../src/promises.ts";
import type { Connection } from "../../src/protocol/connection.ts";
import { cancel, type HttpOutgoing } from "./response_framing.ts";
import { type FetchInfo, RequestInfo } from "./fetch_info.ts";
import { HttpError } from "./http_error.ts";
import type { HttpRequest } from "./request.ts";
import { globalsOverridden } from "./web/globals.ts";
import { LazyRequest } from "./web/lazy_request.ts";
import { checkWebRequest, makeNativeRequest } from "./web/native_request.ts";
import { NativeResponse } from "./web/natives.ts";

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
    try {
      const response = handle(webRequest, new RequestInfo(connection, request));
      if (!isPromiseLike(response)) return respond(connection, request, response);
      return settledPromise(response).then(
        (response) => respond(connection, request, response),
        (thrown) => Promise.reject(fetchError(connection, request, thrown)),
      );
    } catch (thrown) {
      throw fetchError(connection, request, thrown);
    }
  };
}

/** Sends what the app returned, unless it has upgraded the connection or sent a response itself. */
function respond(
  connection: Connection<HttpOutgoing>,
  request: HttpRequest,
  response: Response,
): void {
  if (request.responded) return cancel(response);
  if (response instanceof NativeResponse) return void connection.send(response);
  cancel(response);
  const returned = typeName(response);
  const reason = returned === "a Response"
    ? "it returned a Response of another library: return one of the global Response"
    : `it returned ${returned}: return a Response`;
  throw fetchError(connection, request, new TypeError(reason));
}

/** Names the request in an error, unless the error has a status or already names it. */
function fetchError(
  { remoteAddress }: Connection<HttpOutgoing>,
  request: HttpRequest,
  cause: unknown,
): Error {
  if (cause instanceof HttpError) return cause;
  if (isGoerError(cause) && cause.code === "GOER_HANDLER") return cause;
  const { method, path } = request;
  return new GoerError(
    "GOER_HANDLER",
    `fetch failed for ${method} ${path} from ${remoteAddress}: ${reasonOf(cause)}`,
    { cause },
  );
}

/**
 * Converts a request to a web `Request`.
 *
 * @param request The request. Its body is then read through the result. A GET or HEAD has none there,
 * because a web `Request` cannot.
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
