/**
 * Support for Hono apps: the client's address, and WebSocket routes.
 *
 * @module
 */

import type { Connection } from "../src/protocol/connection.ts";
import { GoerError } from "../src/errors.ts";
import type { FetchInfo } from "./http/mod.ts";
import {
  createWebSocket,
  websocket,
  type WebSocketConnection,
  type WebSocketMessage,
  type WebSocketOptions,
  type WebSocketProtocol,
} from "./websocket/mod.ts";

/** A part of Hono's `Context`. To use the rest, name the type: `(context: Context) => …`. */
export interface HonoContext {
  /** The second argument of `app.fetch`. */
  env: unknown;
  /** The request. */
  req: {
    /** The full URL. */
    readonly url: string;
    /** The path. */
    readonly path: string;
    /** The web `Request`. */
    readonly raw: Request;
    /** A header field. */
    header(name: string): string | undefined;
    /** A parameter of the path. */
    param(name: string): string | undefined;
    /** A parameter of the query. */
    query(name: string): string | undefined;
  };
}

/** A client, in the format of Hono's `getConnInfo`. */
export interface ConnInfo {
  /** The other side of the connection. */
  remote: {
    /** The IP address; `undefined` on a Unix socket. */
    address: string | undefined;
    /** The kind of the address. */
    addressType: "IPv4" | "IPv6" | undefined;
    /** The port; `undefined` on a Unix socket. */
    port: number | undefined;
    /** The transport; `undefined` on a Unix socket. */
    transport: "tcp" | undefined;
  };
}

/**
 * Returns the client's address. Behind a proxy it is the proxy's.
 *
 * @param context The context of a request.
 * @throws {TypeError} If the app is not served by Goer.
 *
 * @example
 * ```ts
 * import { getConnInfo } from "@goer/goer/hono";
 * import { Goer } from "@goer/goer";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * app.get("/", (context) => context.text(`${getConnInfo(context).remote.address}`));
 *
 * await using service = await new Goer("http://127.0.0.1:0", { fetch: app }).listen();
 * const response = await fetch(service.address);
 * if (await response.text() !== "127.0.0.1") throw new Error();
 * ```
 */
export function getConnInfo(context: HonoContext): ConnInfo {
  const { remoteAddr } = infoOf(context, "getConnInfo");
  if (remoteAddr.transport === "unix") {
    return {
      remote: { address: undefined, addressType: undefined, port: undefined, transport: undefined },
    };
  }
  const { hostname: address, port, transport } = remoteAddr;
  const addressType = address.includes(":") ? "IPv6" : "IPv4";
  return { remote: { address, addressType, port, transport } };
}

/** A WebSocket, in the format of Hono's `WSContext`. */
export interface HonoWebSocket {
  /** The connection in Goer: groups, pings, `send` with its result. */
  readonly raw: WebSocketConnection;
  /** The address that the client requested. */
  readonly url: URL;
  /** The subprotocol, or `""`. */
  readonly protocol: string;
  /** 1 while it is open, 2 while it is closing, 3 when it is closed. */
  readonly readyState: 1 | 2 | 3;
  /** The type of binary messages. */
  readonly binaryType: "arraybuffer";
  /**
   * Sends a message: a string as text, bytes as a binary message. A closed connection ignores it.
   *
   * @throws {GoerError} `GOER_TOO_MANY` if `maxSendBufferSize` bytes already wait for the client.
   */
  send(message: string | ArrayBuffer | Uint8Array): void;
  /** Sends what is queued, then closes with a code and a reason. Default: 1000. */
  close(code?: number, reason?: string): void;
}

/** The events of a WebSocket, in the format of Hono's `WSEvents`. */
export interface HonoWebSocketEvents {
  /** The connection is open. */
  onOpen?: (event: Event, socket: HonoWebSocket) => unknown;
  /** A message has arrived. `data` is a string or an `ArrayBuffer`. */
  onMessage?: (event: MessageEvent<string | ArrayBuffer>, socket: HonoWebSocket) => unknown;
  /** The connection has ended, with the peer's `code` and `reason`. */
  onClose?: (event: HonoCloseEvent, socket: HonoWebSocket) => unknown;
  /** The connection failed. `onClose` follows. */
  onError?: (event: Event & { readonly error: Error }, socket: HonoWebSocket) => unknown;
}

/** The event of `onClose`: a `CloseEvent`, which not every runtime has. */
export type HonoCloseEvent = Event & {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
};

/**
 * A WebSocket route of a Hono app, like Hono's own `upgradeWebSocket`. Requests that do not request
 * a WebSocket go to the next handler of the route.
 *
 * @param createEvents Called for each WebSocket, with the context of its request.
 * @param options The options of {@linkcode createWebSocket}, or the protocol that it returned.
 *
 * @example
 * ```ts
 * import { upgradeWebSocket } from "@goer/goer/hono";
 * import { connect, Goer } from "@goer/goer";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * app.get(
 *   "/echo/:name",
 *   upgradeWebSocket((context) => ({
 *     onMessage: (event, socket) => socket.send(`${context.req.param("name")}: ${event.data}`),
 *   })),
 * );
 *
 * await using service = await new Goer("http://127.0.0.1:0", { fetch: app }).listen();
 * const [, host] = service.address.split("://");
 * const echoed = await new Promise((resolve) => {
 *   connect(`ws://${host}/echo/you`, {
 *     onConnect: (connection) => connection.send("hello"),
 *     onMessage(connection, message) {
 *       resolve(message);
 *       connection.close();
 *     },
 *   });
 * });
 * if (echoed !== "you: hello") throw new Error();
 * ```
 */
export function upgradeWebSocket<Context extends HonoContext>(
  createEvents: (context: Context) => HonoWebSocketEvents | Promise<HonoWebSocketEvents>,
  options?: WebSocketOptions | WebSocketProtocol,
): (context: Context, next: () => Promise<void>) => Promise<Response | void>;
/**
 * The same inside a handler.
 *
 * @param context The context of the request.
 * @param events What happens to the WebSocket.
 * @param options The options of {@linkcode createWebSocket}, or the protocol that it returned.
 * @returns What the handler returns.
 * @throws {TypeError} If the request does not ask for a WebSocket.
 */
export function upgradeWebSocket(
  context: HonoContext,
  events: HonoWebSocketEvents,
  options?: WebSocketOptions | WebSocketProtocol,
): Promise<Response>;
export function upgradeWebSocket<Context extends HonoContext>(
  ...given:
    | [(context: Context) => HonoWebSocketEvents | Promise<HonoWebSocketEvents>, Options?]
    | [HonoContext, HonoWebSocketEvents, Options?]
): unknown {
  if (typeof given[0] !== "function") {
    const [context, events, options] = given as [HonoContext, HonoWebSocketEvents, Options?];
    return upgradeNow(context, events, protocolOf(options));
  }
  const [createEvents, options] = given as Extract<typeof given, [unknown, Options?]>;
  const protocol = protocolOf(options);
  return async (context: Context, next: () => Promise<void>) => {
    if (!asksForWebSocket(context)) return await next();
    return await upgrade(context, await createEvents(context), protocol);
  };
}

type Options = WebSocketOptions | WebSocketProtocol;

/** Without options all routes share a protocol. */
function protocolOf(options: Options = websocket): WebSocketProtocol {
  return "upgrade" in options ? options : createWebSocket(options);
}

function asksForWebSocket(context: HonoContext): boolean {
  const { request } = infoOf(context, "upgradeWebSocket");
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

async function upgradeNow(
  context: HonoContext,
  events: HonoWebSocketEvents,
  protocol: WebSocketProtocol,
): Promise<Response> {
  if (asksForWebSocket(context)) return await upgrade(context, events, protocol);
  throw new TypeError("Cannot upgrade to WebSocket: the request does not ask for it");
}

async function upgrade(
  context: HonoContext,
  events: HonoWebSocketEvents,
  protocol: WebSocketProtocol,
): Promise<Response> {
  const { connection, request } = infoOf(context, "upgradeWebSocket");
  await protocol.upgrade(connection as Connection<never>, request, handlersOf(events, context));
  // Hono requires a response. Goer has sent its own, and drops this one.
  return new Response(null);
}

function handlersOf(events: HonoWebSocketEvents, { req }: HonoContext) {
  const url = new URL(req.url);
  let socket: HonoWebSocket;
  return {
    onConnect(connection: WebSocketConnection): unknown {
      socket = socketOf(connection, url);
      return events.onOpen?.(new Event("open"), socket);
    },
    onMessage(_connection: WebSocketConnection, message: WebSocketMessage): unknown {
      // The bytes of a message are only valid until its handler returns, but users of Hono keep
      // them.
      const data = typeof message === "string" ? message : message.slice().buffer as ArrayBuffer;
      return events.onMessage?.(new MessageEvent("message", { data }), socket);
    },
    async onClose(
      _connection: WebSocketConnection,
      error?: Error,
      status?: { code: number; reason: string },
    ): Promise<void> {
      if (error) await events.onError?.(Object.assign(new Event("error"), { error }), socket);
      const { code = 1006, reason = "" } = status ?? {};
      const details = { code, reason, wasClean: code !== 1006 };
      await events.onClose?.(Object.assign(new Event("close"), details), socket);
    },
  };
}

function socketOf(connection: WebSocketConnection, url: URL): HonoWebSocket {
  return {
    raw: connection,
    url,
    protocol: connection.subprotocol,
    binaryType: "arraybuffer",
    get readyState(): 1 | 2 | 3 {
      if (connection.open) return 1;
      return connection.closeStatus === undefined ? 2 : 3;
    },
    send: (message) => send(connection, message),
    close: (code = 1000, reason = "") => connection.close(code, reason),
  };
}

/** Hono has no result that could say that a message is refused. */
function send(connection: WebSocketConnection, message: string | ArrayBuffer | Uint8Array): void {
  const sent = message instanceof ArrayBuffer ? new Uint8Array(message) : message;
  if (connection.send(sent) !== "full") return;
  throw new GoerError(
    "GOER_TOO_MANY",
    `Cannot send to ${connection.remoteAddress}: maxSendBufferSize bytes already wait for it. ` +
      "To send no faster than it reads, await socket.raw.drained()",
  );
}

function infoOf({ env }: HonoContext, name: string): FetchInfo {
  if (typeof env === "object" && env !== null && "connection" in env && "request" in env) {
    return env as FetchInfo;
  }
  throw new TypeError(
    `Cannot use ${name}: Goer does not serve this app, or app.fetch does not get the second argument. ` +
      "Pass the app itself, or call app.fetch(request, info)",
  );
}
