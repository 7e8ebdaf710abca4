/**
 * What a service listens by, whichever transport it has.
 *
 * @module
 */

import type { Endpoint } from "../runtime/runtime.ts";

/** How a listening socket comes to be, beyond its address. */
export interface OpenOptions {
  /** A listening (or for UDP: bound) socket inherited from another process. */
  fd?: number;
  /** Several processes listen on the address, and the system shares the connections out. */
  reusePort?: boolean;
}

/** An open listening socket. */
export interface OpenTransport {
  /** Where it listens, with the real port. */
  readonly endpoint: Endpoint;
  /** Stops accepting connections or datagrams. Settles when the socket is closed. */
  stop(): void | Promise<void>;
}
