/**
 * Node: its capabilities and its sockets.
 *
 * @module
 */

import process from "node:process";
import type { Runtime } from "../runtime.ts";

/** Node. What it does is loaded when it is first needed, so that other runtimes never load it. */
export const node: Runtime = {
  name: "node",
  get version(): string {
    return process.versions.node;
  },
  capabilities: {
    adoptStream: true,
    adoptDatagram: true,
    datagramErrors: true,
    reset: true,
    tlsCiphers: true,
    backlogOfUnix: true,
    get reusePort(): boolean {
      const [major, minor] = process.versions.node.split(".").map(Number);
      return major > 23 || major === 23 && minor >= 1;
    },
    unimportable: ["\\"],
  },
  listen: async (options, accept) => (await import("./stream.ts")).listen(options, accept),
  listenForNode: async (options, accept) => {
    return (await import("./stream.ts")).listenForNode(options, accept);
  },
  connect: async (options) => (await import("./stream.ts")).connectNode(options),
  bindDatagram: async (options, receive) => {
    return (await import("../shared/node_dgram.ts")).bindNodeDatagram(options, receive);
  },
  connectDatagram: async (peer, events) => {
    return (await import("../shared/node_dgram.ts")).connectNodeDatagram(peer, events);
  },
  loadDescriptors: async () => (await import("./descriptors.ts")).nodeDescriptors(),
};
