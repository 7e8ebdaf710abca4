/**
 * A WebSocket connection, as handlers see it.
 *
 * @module
 */

import type {
  CloseStatus,
  Connection,
  RawOption,
  SendOptions,
  SendStatus,
} from "../../src/protocol/connection.ts";

/** A message: a string if it is text, bytes if it is binary. */
export type WebSocketMessage = string | Uint8Array;

/** A ping. The peer answers with a pong, which `onPong` receives. */
export interface WebSocketPing {
  /** The data that the pong returns, at most 125 bytes; `""` for none. */
  ping: string | Uint8Array;
}

/** A code and a reason for closing. */
export interface WebSocketClose {
  /** The status code: 1000 to 1014 except reserved ones, or 3000 to 4999. */
  code: number;
  /**
   * The reason, at most 123 bytes in UTF-8.
   *
   * @default {""}
   */
  reason?: string;
}

/**
 * What a connection can send: messages, pings (same as {@linkcode WebSocketConnection.ping}), and
 * finally a status (same as {@linkcode WebSocketConnection.close} with a code).
 */
export type WebSocketOutgoing = WebSocketMessage | WebSocketPing | WebSocketClose;

/** The results of the handshake, and how the peer closed. */
export interface WebSocketDetails {
  /** The request target of the client: `"/chat?room=1"`. */
  readonly target: string;
  /** The subprotocol, or `""`. */
  readonly subprotocol: string;
  /** True if messages can be compressed. */
  readonly compressed: boolean;
  /** How the peer closed: `undefined` before that, code 1006 without a close frame. */
  readonly closeStatus: CloseStatus | undefined;
}

/**
 * A WebSocket connection.
 *
 * @typeParam State The type of {@linkcode Connection.state}.
 *
 * @example Close a connection with a code and a reason
 * ```ts
 * import type { WebSocketConnection } from "@goer/goer/protocols/websocket";
 *
 * function kick(connection: WebSocketConnection<{ name: string }>): void {
 *   connection.close(4001, `${connection.state.name} was kicked`);
 * }
 * ```
 */
export interface WebSocketConnection<State = unknown>
  extends Connection<WebSocketOutgoing, State>, WebSocketDetails {
  /**
   * Sends a ping. The peer answers with a pong, which `onPong` receives.
   *
   * @param data The data that the pong returns, at most 125 bytes. Default: none.
   * @returns The result, as for {@linkcode Connection.send}.
   * @throws {RangeError} If `data` is longer than 125 bytes.
   */
  ping(data?: string | Uint8Array): SendStatus;
  /**
   * Sends what is queued, then closes the connection with a status code (RFC 6455, section 7.4).
   *
   * @param code 1000 to 1014 except reserved ones, or 3000 to 4999.
   * @param reason At most 123 bytes in UTF-8.
   * @throws {RangeError} If the code or the length of the reason is not valid. The connection stays open.
   */
  close(code: number, reason?: string): void;
  /** Sends what is queued, and `last` if given, then closes with 1000: {@linkcode Connection.close}. */
  close(last?: WebSocketOutgoing, options?: SendOptions<false>): void;
  /** Sends bytes without the protocol, then closes: {@linkcode Connection.close}. */
  close(last: Uint8Array | string, options: RawOption): void;
}

/** The prototypes of WebSocket connections, by the prototype that each extends. */
const prototypes = new WeakMap<object, object>();

/** Adds the methods and getters of {@linkcode WebSocketConnection} to a connection. */
export function becomeWebSocket(connection: Connection<WebSocketOutgoing>): void {
  const base = Object.getPrototypeOf(connection) as Connection<WebSocketOutgoing>;
  if ("ping" in base) return;
  let prototype = prototypes.get(base);
  if (prototype === undefined) {
    prototype = Object.create(base, Object.getOwnPropertyDescriptors(membersOver(base))) as object;
    prototypes.set(base, prototype);
  }
  Object.setPrototypeOf(connection, prototype);
}

/** The `this` of the members. */
type Self = Connection<WebSocketOutgoing> & { readonly session?: Partial<WebSocketDetails> };

/** The members. Overriding methods call those of `base`. */
function membersOver(base: Connection<WebSocketOutgoing>): object {
  const close = base.close as (last?: WebSocketOutgoing, options?: SendOptions<false>) => void;
  return {
    get target() {
      return detailsOf(this as Self).target;
    },
    get subprotocol() {
      return detailsOf(this as Self).subprotocol;
    },
    get compressed() {
      return detailsOf(this as Self).compressed;
    },
    get closeStatus() {
      return detailsOf(this as Self).closeStatus;
    },
    ping(this: Self, data: string | Uint8Array = "") {
      return this.send({ ping: data });
    },
    close(this: Self, last?: WebSocketOutgoing | number, more?: string | SendOptions<false>) {
      const isCode = typeof last === "number";
      const message = isCode ? { code: last, reason: more as string | undefined } : last;
      close.call(this, message, isCode ? undefined : more as SendOptions<false>);
    },
  };
}

/**
 * The handshake results of a connection.
 *
 * @throws {TypeError} If the connection does not use WebSocket, or not yet.
 */
export function detailsOf(connection: Connection<never>): WebSocketDetails {
  const { session } = connection as unknown as Self;
  if (session?.subprotocol === undefined) {
    throw new TypeError(
      `Cannot use connection ${connection.id} as a WebSocket: its handshake is not complete`,
    );
  }
  return session as WebSocketDetails;
}
