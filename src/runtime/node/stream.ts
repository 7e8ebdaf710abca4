/**
 * Sockets on Node: `node:net` and `node:dgram`.
 *
 * @module
 */

import process from "node:process";
import { bindNodeDatagram } from "../shared/node_dgram.ts";
import { readInPlace } from "../shared/node_reading.ts";
import { connectNode, listenNode } from "../shared/node_net.ts";
import type { Runtime } from "../runtime.ts";

/** Node. */
export const node: Runtime = {
  name: "node",
  get version(): string {
    return process.versions.node;
  },
  capabilities: {
    adoptStream: true,
    adoptDatagram: true,
    reset: true,
    backlogOfUnix: true,
    get reusePort(): boolean {
      const [major, minor] = process.versions.node.split(".").map(Number);
      return major > 23 || major === 23 && minor >= 1;
    },
  },
  listen: (options, accept) => listenNode(options, accept, { read: readInPlace }),
  connect: connectNode,
  bindDatagram: bindNodeDatagram,
};
