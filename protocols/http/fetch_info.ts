/**
 * What a fetch app learns about a request besides the `Request`.
 *
 * @module
 */

import type { Connection } from "../../src/protocol/connection.ts";
import type { HttpOutgoing } from "./response_framing.ts";
import type { HttpRequest } from "./request.ts";

/** The client's address, as in `Deno.ServeHandlerInfo`. */
export type RemoteAddress =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string };

/** The second argument of a {@linkcode FetchHandler}. */
export interface FetchInfo {
  /** The connection of the request. */
  readonly connection: Connection<HttpOutgoing>;
  /** Goer's own request, with cookies and forms with files on disk. */
  readonly request: HttpRequest;
  /**
   * The client's address, as `Deno.serve` gives it. Behind a proxy it is the proxy's, unless that is
   * one of the `trustedProxies`.
   */
  readonly remoteAddr: RemoteAddress;
  /** The IP address in `remoteAddr`; `undefined` on a Unix socket. */
  readonly ip: string | undefined;
  /** Same as {@linkcode HttpRequest.completed}. */
  readonly completed: Promise<void>;
  /**
   * Work that continues after the response: a worker that is replaced or stopped waits for it, at
   * most until `reloadTimeout` or `stopTimeout`. If it rejects, Goer logs the error and calls
   * `onError`.
   */
  waitUntil(work: PromiseLike<unknown>): void;
}

/** Computes only what is used: most apps use nothing. */
export class RequestInfo implements FetchInfo {
  readonly connection: Connection<HttpOutgoing>;
  readonly request: HttpRequest;

  constructor(connection: Connection<HttpOutgoing>, request: HttpRequest) {
    this.connection = connection;
    this.request = request;
  }

  get remoteAddr(): RemoteAddress {
    return parseRemoteAddress(this.connection.remoteAddress);
  }

  get ip(): string | undefined {
    const address = this.remoteAddr;
    return address.transport === "tcp" ? address.hostname : undefined;
  }

  get completed(): Promise<void> {
    return this.request.completed;
  }

  /** Bound, because apps destructure it. */
  get waitUntil(): (work: PromiseLike<unknown>) => void {
    const connection = this.connection as unknown as Pick<FetchInfo, "waitUntil">;
    return (work) => connection.waitUntil(work);
  }
}

/** Parses `192.0.2.1:4711`, `[2001:db8::1]:4711` or `unix:`. */
function parseRemoteAddress(address: string): RemoteAddress {
  const [, ipv6, hostname, port] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(address) ?? [];
  if (port === undefined) return { transport: "unix", path: address.slice("unix:".length) };
  return { transport: "tcp", hostname: ipv6 ?? hostname, port: Number(port) };
}
