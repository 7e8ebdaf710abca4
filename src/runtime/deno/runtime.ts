/**
 * Deno: its capabilities and its sockets.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";
import { hasForeignFunctions } from "./permissions.ts";

/** Deno. What it does is loaded when it is first needed, so that other runtimes never load it. */
export const deno: Runtime = {
  name: "deno",
  get version(): string {
    return Deno.version.deno;
  },
  capabilities: {
    adoptStream: true,
    adoptDatagram: false,
    datagramErrors: false,
    reset: false,
    get backlogOfUnix(): boolean {
      return hasForeignFunctions();
    },
    tlsCiphers: false,
    reusePort: true,
    unimportable: [],
  },
  listen: async (options, accept) => (await import("./stream.ts")).listen(options, accept),
  listenForNode: async (options, accept) => {
    return (await import("./stream.ts")).listenForNode(options, accept);
  },
  connect: async (options) => {
    const { readSecure } = await import("./secure_reading.ts");
    return (await import("../shared/node_connect.ts")).connectNode(options, readSecure);
  },
  bindDatagram: async (options, receive) => {
    return (await import("./datagram.ts")).bindDatagram(options, receive);
  },
  connectDatagram: async (peer, events) => {
    return (await import("./datagram.ts")).connectDatagram(peer, events);
  },
  loadDescriptors: async () => (await import("./descriptors.ts")).denoDescriptors(),
};
