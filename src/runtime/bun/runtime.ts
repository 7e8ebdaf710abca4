/**
 * Bun: its capabilities and its sockets.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";
import { connectNodeDatagram } from "../shared/node_dgram.ts";
import { connectNode } from "../shared/node_net.ts";
import { bunGlobal } from "./api.ts";
import { bindDatagram } from "./datagram.ts";
import { bunDescriptors } from "./descriptors.ts";
import { bunProgram } from "./program.ts";
import { listen, listenForNode } from "./stream.ts";

/** Bun. */
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
  program: bunProgram,
  listen,
  listenForNode,
  connect: connectNode,
  bindDatagram,
  connectDatagram: connectNodeDatagram,
  loadDescriptors: () => Promise.resolve(bunDescriptors()),
};
