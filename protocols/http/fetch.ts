/**
 * Applications of the web's form: a `Request` in, a `Response` out.
 *
 * @module
 */

import type { Connection } from "../../src/connection/types.ts";
import type { HttpAnswer } from "./answer.ts";
import { HttpError } from "./http_error.ts";
import type { HttpRequest } from "./request.ts";

/** What an application is told beside the request. */
export interface FetchInfo {
  /** The connection that the request came on. */
  readonly connection: Connection<HttpAnswer>;
  /** The request as Goer has it: its cookies, its form with files on disk. */
  readonly request: HttpRequest;
}

/** An application of the web's form, as Hono, h3 and many others are. */
export type FetchHandler = (
  request: Request,
  info: FetchInfo,
) => Response | Promise<Response>;

/**
 * Makes a handler of messages of an application of the web's form.
 *
 * @param fetch The application.
 * @returns A handler for `onMessage`.
 */
export function fetchHandler(
  fetch: FetchHandler,
): (connection: Connection<HttpAnswer>, request: HttpRequest) => Promise<void> {
  return async (connection, request) => {
    connection.send(await fetch(toWebRequest(request), { connection, request }));
  };
}

/**
 * Makes the web's `Request` of a request.
 *
 * @param request The request. Its body is then read through the result.
 * @throws {HttpError} Where the web's form cannot hold it: 400, or 501 for its method.
 */
export function toWebRequest(request: HttpRequest): Request {
  const { body, method, signal, url } = request;
  const init = { method, signal, body, headers: [...request.headers], duplex: "half" };
  try {
    return new Request(url, init as RequestInit);
  } catch (cause) {
    const status = /^(?:connect|trace|track)$/i.test(method) ? 501 : 400;
    throw new HttpError(status, "Cannot make a web request of the request", { cause });
  }
}
