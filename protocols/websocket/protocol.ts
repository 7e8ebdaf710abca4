/**
 * WebSocket as a protocol of connections.
 *
 * @module
 */

import type { Connection } from "../../src/protocol/connection.ts";
import { GoerError } from "../../src/errors.ts";
import { type HttpOutgoing, type HttpRequest, HttpResponse } from "../http/mod.ts";
import type { SessionContext, SessionProtocol } from "../../src/protocol/protocol.ts";
import { ClientHandshakeSession } from "./client.ts";
import type { Refusal } from "./handshake.ts";
import { handshakeHttp, HandshakeSession } from "./handshake_session.ts";
import { webSocketSettings } from "./settings.ts";
import {
  detailsOf,
  type WebSocketDetails,
  type WebSocketMessage,
  type WebSocketOutgoing,
} from "./connection.ts";
import type { WebSocketHandlers, WebSocketOptions } from "./options.ts";
import { upgradeRequest, type WebSocketUpgradeHandlers } from "./upgrade.ts";

/** The WebSocket protocol with its own type of connection. */
export interface WebSocketProtocol extends SessionProtocol<WebSocketMessage, WebSocketOutgoing> {
  /**
   * Upgrades the connection of an HTTP request to WebSocket, or refuses the request if it or the
   * options do not allow that.
   *
   * @param connection The connection that the request came on.
   * @param request The request.
   * @param handlers The handlers from then on, `onConnect` first. Default: those of the service.
   * @returns A promise if `onUpgrade` or `origins` returned one: it resolves when the response has
   * been sent. If they fail after that, the error is reported and the client gets 500.
   * @throws {GoerError} `GOER_HANDLER` if `onUpgrade` or `origins` fails immediately.
   */
  upgrade<State = unknown>(
    connection: Connection<HttpOutgoing>,
    request: HttpRequest,
    handlers?: WebSocketUpgradeHandlers<State>,
  ): void | Promise<void>;
  /**
   * The results of the handshake, and how the peer closed: the same as the connection's own
   * `target`, `subprotocol`, `compressed` and `closeStatus`.
   *
   * @param connection A WebSocket connection, open or closed.
   * @throws {TypeError} If it was never a WebSocket connection.
   */
  details(connection: Connection<WebSocketOutgoing>): WebSocketDetails;
}

/**
 * Creates WebSocket with options that differ from {@linkcode websocket}.
 *
 * @param options The options that differ from the defaults.
 * @returns The protocol.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is unknown or not valid.
 *
 * @example
 * ```ts
 * import { createWebSocket } from "@goer/goer/protocols/websocket";
 *
 * const chat = createWebSocket({ origins: ["https://chat.example"], compression: true });
 * if (chat.name !== "websocket") throw new Error();
 * ```
 */
export function createWebSocket(options: WebSocketOptions = {}): WebSocketProtocol {
  const settings = webSocketSettings(options);
  const http = handshakeHttp(settings);
  return {
    name: "websocket",
    open(context) {
      if (context.datagram) {
        throw new GoerError("GOER_NOT_SUPPORTED", "Cannot serve WebSocket over datagrams");
      }
      return new HandshakeSession(context, settings, http);
    },
    connect: (context, address) => new ClientHandshakeSession(context, settings, address),
    upgrade(connection, request, handlers) {
      const refuse = ({ status, headers, body }: Refusal) => {
        connection.send(new HttpResponse(body, { status, headers }));
      };
      const reporter = connection as unknown as Pick<SessionContext<never, never>, "handlerFailed">;
      const { onUpgrade = settings.onUpgrade } =
        (connection as unknown as { handlers: WebSocketHandlers }).handlers;
      const plan = { settings, onUpgrade, handlers: handlers as WebSocketUpgradeHandlers, refuse };
      // Handlers often ignore promises, and an unhandled rejection would end the process.
      return upgradeRequest(connection, request, plan)
        ?.catch((error) => reporter.handlerFailed("onUpgrade", error));
    },
    details(connection) {
      const { target, subprotocol, compressed, closeStatus } = detailsOf(connection);
      return { target, subprotocol, compressed, closeStatus };
    },
  };
}

/**
 * WebSocket (RFC 6455): handlers receive text as a string and binary messages as bytes, and send
 * either.
 *
 * @example
 * ```ts
 * import { websocket } from "@goer/goer/protocols/websocket";
 * import { Goer } from "@goer/goer";
 *
 * const goer = new Goer("tcp://127.0.0.1:0", { protocol: websocket });
 * goer.onMessage = (connection, message) => connection.send(message);
 * goer.onClose = (_connection, _error, status) => console.log(status?.code, status?.reason);
 * await using service = await goer.listen();
 * ```
 */
export const websocket: WebSocketProtocol = createWebSocket();
