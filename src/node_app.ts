/**
 * Apps for `node:http`: a server, or an Express, Koa or Fastify app.
 *
 * @module
 */

import { formatAddress, parseAddress } from "./address.ts";
import { checkDrainOptions, type DrainOptions } from "./connection/departures.ts";
import { GoerError } from "./errors.ts";
import { overrideAddress } from "./listen_override.ts";
import type { NodeSocket } from "./node_connection.ts";
import { NodeConnections, type NodeHttpServer, NodeServer } from "./node_server.ts";
import { checkNumber, invalidOption, MAX_SIZE } from "./numbers.ts";
import { checkOptions, hasMethods, NUMBER, OBJECT, type OptionType, TEXT } from "./option_types.ts";
import { resolveLimits, SERVICE_OPTION_TYPES } from "./options.ts";
import {
  checkProcessOptions,
  PROCESS_OPTION_TYPES,
  type ProcessOptions,
} from "./process_options.ts";
import { runtime } from "./runtime/mod.ts";
import { checkListenOptions, type ListenOptions } from "./server.ts";
import { openListener } from "./transport/stream_transport.ts";
import { DEFAULT_ADDRESS } from "./web_app.ts";

/** The options of a {@linkcode NodeService}: process options and those of the listening socket. */
export interface NodeServiceOptions extends ProcessOptions {
  /** The name in `status` and logs. Default: the address. */
  name?: string;
  /**
   * How many connections can wait to be accepted, from 1 to 2,147,483,647. The system may allow
   * fewer. Default: 4,096.
   */
  backlog?: number;
  /**
   * How upgraded connections, such as those of WebSocket, are ended during a reload or stop.
   * Default: one after another in the second half of the time.
   */
  drain?: DrainOptions;
}

const TYPES: Readonly<Record<keyof NodeServiceOptions, OptionType>> = {
  ...PROCESS_OPTION_TYPES,
  backlog: NUMBER,
  drain: OBJECT,
  name: TEXT,
};

/** The options of other services, which Goer's own connections have. */
const USELESS = {
  types: SERVICE_OPTION_TYPES,
  reason: "it serves its connections itself. Set limits and handlers on the server, " +
    "and use a proxy for TLS",
};

/** A request listener, as for `http.createServer`. */
type RequestListener = (request: unknown, response: unknown) => void;

/** An app of any kind. */
interface NodeApp {
  /** Its server, if it has one. */
  server?: NodeHttpServer;
  /** Creates its server. */
  listener?: RequestListener;
  /** Completes loading. */
  ready?(): PromiseLike<unknown>;
}

/** Detects the kind of an app; `undefined` if a value is not an app. */
function nodeAppOf(value: unknown): NodeApp | undefined {
  if (isHttpServer(value)) return { server: value };
  const app = value as {
    server?: unknown;
    callback(): RequestListener;
    ready(): PromiseLike<unknown>;
  };
  // Fastify
  if (hasMethods(app, "ready", "listen") && isHttpServer(app.server)) {
    return { server: app.server, ready: () => app.ready() };
  }
  // Koa
  if (hasMethods(app, "callback", "listen")) return { listener: app.callback() };
  // Express
  const { handle, listen } = (value ?? {}) as Record<string, unknown>;
  const isExpress = typeof value === "function" && typeof handle === "function" &&
    typeof listen === "function";
  return isExpress ? { listener: value as RequestListener } : undefined;
}

function isHttpServer(value: unknown): value is NodeHttpServer {
  return hasMethods(value, "listen", "emit", "prependListener", "closeIdleConnections");
}

/** Tells whether a value is an app for `node:http`. */
export function isNodeApp(value: unknown): boolean {
  return nodeAppOf(value) !== undefined;
}

/**
 * Creates a service from an app for `node:http`.
 *
 * @param value The app.
 * @param given Its address and options.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the address or an option is not valid; `GOER_APP`
 * if the server is already listening; `GOER_NOT_SUPPORTED` if it uses TLS.
 */
export function nodeService(
  value: unknown,
  { listen = DEFAULT_ADDRESS, ...options }: NodeServiceOptions & { listen?: string } = {},
): NodeService {
  checkOptions(options, { of: "a server of node:http", types: TYPES, useless: USELESS });
  checkProcessOptions(options);
  checkNumber("backlog", options.backlog, [1, MAX_SIZE]);
  checkDrainOptions(options);
  return new NodeService(nodeAppOf(value)!, overrideAddress(listen), options);
}

/** A service of `node:http`. Goer opens its socket and ends its connections. */
export class NodeService {
  /** The address. */
  readonly address: string;
  /** The name in `status` and logs. */
  readonly name: string;
  /** The options. */
  readonly options: NodeServiceOptions;
  /** It has no timers of its own. */
  readonly timers: { readonly size: number } = { size: 0 };
  readonly onWorkerStart: ProcessOptions["onWorkerStart"];
  readonly onWorkerStop: ProcessOptions["onWorkerStop"];
  readonly onReload: ProcessOptions["onReload"];
  readonly #app: NodeApp;
  #server: Promise<NodeHttpServer> | undefined;

  constructor(app: NodeApp, address: string, options: NodeServiceOptions) {
    const { protocol, transport } = parseAddress(address);
    if (protocol !== "http" || transport === "tls") {
      throw invalidOption("listen", "an address of http:// or http+unix:// for node:http", address);
    }
    if (app.server) checkServer(app.server);
    this.address = address;
    this.name = options.name ?? address;
    this.options = options;
    this.onWorkerStart = options.onWorkerStart;
    this.onWorkerStop = options.onWorkerStop;
    this.onReload = options.onReload;
    this.#app = app;
  }

  /** Listens in this process. */
  async listen(options: ListenOptions = {}): Promise<NodeServer> {
    checkListenOptions(options);
    const server = await (this.#server ??= this.#makeServer());
    await options.beforeOpen?.();
    const parsed = parseAddress(this.address);
    const { backlog } = resolveLimits({ backlog: this.options.backlog });
    const { fd, reusePort } = options;
    const connections = new NodeConnections(server);
    const transport = await openListener(
      { endpoint: parsed.endpoint, fd, reusePort, backlog },
      (given) => runtime.listenForNode(given, (socket) => connections.add(socket as NodeSocket)),
    );
    const address = formatAddress(parsed, transport.endpoint);
    return new NodeServer(address, transport, connections, this.options.drain);
  }

  /** The app's server, to which Goer passes connections. */
  async #makeServer(): Promise<NodeHttpServer> {
    const { listener, ready, server: given } = this.#app;
    await ready?.();
    if (given) checkServer(given);
    const { createServer } = await import("./runtime/shared/node_http.ts");
    const server = given ?? createServer(listener!) as NodeHttpServer;
    // Deno closes connections after each response if the server is not listening.
    Object.defineProperty(server, "listening", { value: true });
    // Makes Node check the time of requests.
    server.emit("listening");
    return server;
  }
}

function checkServer(server: NodeHttpServer): void {
  if (server.listening) {
    throw new GoerError(
      "GOER_APP",
      "Cannot serve the server of node:http: it listens already. Goer opens the address: remove the call of listen",
    );
  }
  if ("ALPNProtocols" in server || "setSecureContext" in server) {
    throw new GoerError(
      "GOER_NOT_SUPPORTED",
      "Cannot serve a server of node:https. Export one of node:http, and use a proxy such as nginx for TLS",
    );
  }
}
