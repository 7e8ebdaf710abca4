/**
 * Bun: its capabilities and its sockets.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";
import { bunGlobal } from "./api.ts";

/** Bun. What it does is loaded when it is first needed, so that other runtimes never load it. */
export const bun: Runtime = {
  name: "bun",
  get version(): string {
    return bunGlobal().version;
  },
  capabilities: {
    adoptStream: true,
    adoptDatagram: true,
    datagramErrors: true,
    reset: true,
    backlogOfUnix: true,
    tlsCiphers: true,
    reusePort: true,
    unimportable: ["?", "\\"],
  },
  listen: async (options, accept) => (await import("./stream.ts")).listen(options, accept),
  listenForNode: async (options, accept) => {
    return (await import("./stream.ts")).listenForNode(options, accept);
  },
  connect: async (options) => (await import("./stream.ts")).connectNode(options),
  bindDatagram: async (options, receive) => {
    return (await import("./datagram.ts")).bindDatagram(options, receive);
  },
  connectDatagram: async (peer, events) => {
    return (await import("../shared/node_dgram.ts")).connectNodeDatagram(peer, events);
  },
  loadDescriptors: async () => (await import("./descriptors.ts")).bunDescriptors(),
};
