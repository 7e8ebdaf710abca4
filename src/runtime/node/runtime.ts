/**
 * Node: its capabilities and its sockets.
 *
 * @module
 */

import process from "node:process";
import type { Runtime } from "../runtime.ts";
import { bindNodeDatagram, connectNodeDatagram } from "../shared/node_dgram.ts";
import { connectNode } from "../shared/node_net.ts";
import { nodeProgram } from "./program.ts";
import { listen, listenForNode } from "./stream.ts";

/** Node. */
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
  program: nodeProgram,
  listen,
  listenForNode,
  connect: connectNode,
  bindDatagram: bindNodeDatagram,
  connectDatagram: connectNodeDatagram,
  // Loaded only by processes that start others.
  loadDescriptors: async () => (await import("./descriptors.ts")).nodeDescriptors(),
};
