/**
 * Bun: its capabilities and its sockets.
 *
 * @module
 */

import { lazySockets } from "../lazy_sockets.ts";
import type { Runtime } from "../runtime.ts";
import { bunGlobal } from "./api.ts";

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
  ...lazySockets(() => import("./stream.ts"), () => import("./datagram.ts")),
  loadDescriptors: async () => (await import("./descriptors.ts")).bunDescriptors(),
};
