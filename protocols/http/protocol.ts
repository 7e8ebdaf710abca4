/**
 * HTTP as a protocol of connections.
 *
 * @module
 */

import { GoerError } from "../../src/errors.ts";
import type { SessionProtocol } from "../../src/protocol/protocol.ts";
import type { HttpOutgoing } from "./response_framing.ts";
import type { HttpOptions } from "./options.ts";
import { httpSettings } from "./settings.ts";
import type { HttpRequest } from "./request.ts";
import { HttpSession } from "./session.ts";

/**
 * Creates HTTP/1.1 with options that differ from {@linkcode http}.
 *
 * @param options The options that differ from the defaults.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is unknown or not valid.
 *
 * @example
 * ```ts
 * import { createHttp } from "@goer/goer/protocols/http";
 *
 * const uploads = createHttp({ maxBodySize: 2 ** 31, accessLog: "combined" });
 * if (uploads.name !== "http") throw new Error();
 * ```
 */
export function createHttp(options: HttpOptions = {}): SessionProtocol<HttpRequest, HttpOutgoing> {
  const settings = httpSettings(options);
  return {
    name: "http",
    open(context) {
      if (context.datagram) {
        throw new GoerError("GOER_NOT_SUPPORTED", "Cannot serve HTTP/1.1 over datagrams");
      }
      return new HttpSession(context, settings);
    },
  };
}

/**
 * HTTP/1.1: handlers receive an {@linkcode HttpRequest} and respond with text, bytes, an {@linkcode
 * HttpResponse} or a web `Response`. The requests of a connection are handled one after the other,
 * so responses are sent in order.
 *
 * @example
 * ```ts
 * import { Goer } from "@goer/goer";
 *
 * const goer = new Goer("http://127.0.0.1:0", {
 *   onMessage(connection, request) {
 *     connection.send(`hello ${request.query.get("name") ?? "world"}`);
 *   },
 * });
 * await using service = await goer.listen();
 * const response = await fetch(`${service.address}?name=you`);
 * if (await response.text() !== "hello you") throw new Error();
 * ```
 */
export const http: SessionProtocol<HttpRequest, HttpOutgoing> = createHttp();
