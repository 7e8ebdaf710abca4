/**
 * The handshake of a service that uses only WebSocket: an HTTP session for one upgrade request.
 *
 * @module
 */

import { createHttp, type HttpOutgoing, type HttpRequest, HttpResponse } from "../http/mod.ts";
import { GoerError } from "../../src/errors.ts";
import type { ReceiveBuffer, SendBuffer } from "../../src/protocol/buffers.ts";
import { HOLD, MORE, type Session } from "../../src/protocol/session.ts";
import type { SessionContext, SessionProtocol, SessionTimer } from "../../src/protocol/protocol.ts";
import type { Refusal } from "./handshake.ts";
import { becomeWebSocket, type WebSocketMessage, type WebSocketOutgoing } from "./connection.ts";
import type { WebSocketHandlers } from "./options.ts";
import type { WebSocketSettings } from "./settings.ts";
import { upgradeRequest } from "./upgrade.ts";

/**
 * Creates the HTTP protocol that reads the handshake.
 *
 * @param settings The options of the protocol.
 * @returns The protocol.
 */
export function handshakeHttp(
  { handshakeTimeout }: WebSocketSettings,
): SessionProtocol<HttpRequest, HttpOutgoing> {
  return createHttp({
    headerTimeout: handshakeTimeout,
    bodyTimeout: handshakeTimeout,
    requestTimeout: handshakeTimeout,
    keepAliveTimeout: handshakeTimeout,
    maxRequestsPerConnection: 1,
  });
}

/** A connection before its handshake. Nothing can be sent on it yet. */
export class HandshakeSession implements Session<WebSocketMessage, WebSocketOutgoing> {
  readonly opening = true;
  readonly #context: SessionContext<WebSocketMessage, WebSocketOutgoing>;
  readonly #settings: WebSocketSettings;
  readonly #http: Session<HttpRequest, HttpOutgoing>;
  /** True while the application decides. */
  #deciding = false;
  #closed = false;
  /** Fires if the application does not decide. */
  #deadline: SessionTimer | undefined;

  /**
   * @param context The connection.
   * @param settings The options of the protocol.
   * @param http The protocol that {@linkcode handshakeHttp} has created.
   */
  constructor(
    context: SessionContext<WebSocketMessage, WebSocketOutgoing>,
    settings: WebSocketSettings,
    http: SessionProtocol<HttpRequest, HttpOutgoing>,
  ) {
    becomeWebSocket(context.connection);
    this.#context = context;
    this.#settings = settings;
    this.#http = http.open(context as unknown as SessionContext<HttpRequest, HttpOutgoing>);
  }

  get streaming(): boolean {
    return this.#http.streaming === true;
  }

  read(buffer: ReceiveBuffer): typeof MORE | typeof HOLD {
    const request = this.#http.read(buffer);
    if (request === MORE || request === HOLD) return request;
    this.#respond(request);
    // What the client may have sent already waits for the decision.
    return this.#deciding ? HOLD : MORE;
  }

  write(): void {
    throw new TypeError("Cannot send before the handshake is done: wait for onConnect");
  }

  peerEnded(): void {
    this.#http.peerEnded?.();
    // A client that disconnects during the decision will never send a frame.
    if (this.#deciding) this.#context.close();
  }

  end(buffer: ReceiveBuffer): void {
    this.#http.end?.(buffer);
  }

  drain(): void {
    this.#http.drain?.();
  }

  closing(out: SendBuffer, reason: "close" | "restart" | "error"): void {
    this.#http.closing?.(out, reason);
  }

  closed(error?: Error): void {
    this.#closed = true;
    this.#http.closed?.(error);
  }

  #respond(request: HttpRequest): void {
    const { connection } = this.#context;
    const refuse = (refusal: Refusal) => this.#refuse(refusal);
    const onUpgrade = this.#context.handler("onUpgrade") as WebSocketHandlers["onUpgrade"];
    const settings = this.#settings;
    const plan = { settings, onUpgrade: onUpgrade ?? settings.onUpgrade, refuse };
    try {
      const pending = upgradeRequest(connection, request, plan);
      if (pending !== undefined) this.#await(pending);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Waits for the decision, but no longer than a client may take. */
  #await(decision: Promise<void>): void {
    this.#deciding = true;
    const { handshakeTimeout } = this.#settings;
    this.#deadline = this.#context.after(handshakeTimeout, () => {
      const { remoteAddress } = this.#context.connection;
      this.#fail(
        new GoerError(
          "GOER_HANDLER",
          `Cannot decide on the upgrade of ${remoteAddress}: onUpgrade and origins took over ${handshakeTimeout} ms (handshakeTimeout)`,
        ),
        503,
      );
    });
    decision.catch((error) => this.#fail(error)).then(() => {
      this.#deciding = false;
      this.#deadline?.cancel();
    });
  }

  #refuse({ status, headers, body }: Refusal): void {
    if (this.#closed) return;
    this.#http.write(new HttpResponse(body, { status, headers }), this.#context.out);
    this.#context.flush();
  }

  #fail(error: Error, status = 500): void {
    if (this.#closed) return;
    // The response ends the connection, after which nothing more could be reported.
    this.#context.fail(error);
    this.#refuse({ status, headers: {}, body: "" });
  }
}
