/**
 * Node: its capabilities and its sockets.
 *
 * @module
 */

import process from "node:process";
import { lazySockets } from "../lazy_sockets.ts";
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
  ...lazySockets(() => import("./stream.ts"), () => import("./datagram.ts")),
  loadDescriptors: async () => (await import("./descriptors.ts")).nodeDescriptors(),
};
