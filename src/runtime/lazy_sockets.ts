/**
 * Loads what opens sockets when it is first needed.
 *
 * @module
 */

import type { Runtime } from "./runtime.ts";

/** What `stream.ts` of a runtime exports. */
type Streams = Pick<Runtime, "listen" | "listenForNode" | "connect">;

/** What `datagram.ts` of a runtime exports. */
type Datagrams = Pick<Runtime, "bindDatagram" | "connectDatagram">;

/** The sockets of a runtime. Other runtimes, and services that do not use them, never load them. */
export function lazySockets(
  streams: () => Promise<Streams>,
  datagrams: () => Promise<Datagrams>,
): Streams & Datagrams {
  return {
    listen: async (...given) => (await streams()).listen(...given),
    listenForNode: async (...given) => (await streams()).listenForNode(...given),
    connect: async (...given) => (await streams()).connect(...given),
    bindDatagram: async (...given) => (await datagrams()).bindDatagram(...given),
    connectDatagram: async (...given) => (await datagrams()).connectDatagram(...given),
  };
}
