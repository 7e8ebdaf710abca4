/**
 * The listening side of a service, for any transport.
 *
 * @module
 */

import type { Endpoint } from "../runtime/runtime.ts";

/** How a listening socket is opened, besides its address. */
export interface OpenOptions {
  /** A listening (or for UDP: bound) socket inherited from another process. */
  fd?: number;
  /** Several processes listen on the address, and the system distributes the connections. */
  reusePort?: boolean;
}

/** An open listening socket. */
export interface OpenTransport {
  /** Where it listens, with the real port. */
  readonly endpoint: Endpoint;
  /** Stops accepting connections or datagrams. Settles when the socket is closed. */
  stop(): void | Promise<void>;
  /** With TLS: settles when no handshake is pending that could become a connection. */
  readonly idle?: (() => Promise<void>) | undefined;
}
