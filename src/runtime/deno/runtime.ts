/**
 * Deno: its capabilities and its sockets.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";
import { connectNode } from "../shared/node_net.ts";
import { readSecure } from "./secure_reading.ts";
import { bindDatagram, connectDatagram } from "./datagram.ts";
import { denoDescriptors, hasForeignFunctions } from "./descriptors.ts";
import { denoProgram } from "./program.ts";
import { listen, listenForNode } from "./stream.ts";

/** Deno. */
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
  program: denoProgram,
  listen,
  listenForNode,
  connect: (options) => connectNode(options, readSecure),
  bindDatagram,
  connectDatagram,
  loadDescriptors: () => Promise.resolve(denoDescriptors()),
};
