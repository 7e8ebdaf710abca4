/**
 * Servers of `node:http`.
 *
 * @module
 */

import * as http from "node:http";

/** Creates a server for a function that takes a request and a response of `node:http`. */
export function createServer(
  listener: (request: unknown, response: unknown) => void,
): object {
  return http.createServer(listener);
}
