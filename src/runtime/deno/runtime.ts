/**
 * Deno: its capabilities and its sockets.
 *
 * @module
 */

import { lazySockets } from "../lazy_sockets.ts";
import type { Runtime } from "../runtime.ts";
import { hasForeignFunctions } from "./permissions.ts";

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
  ...lazySockets(() => import("./stream.ts"), () => import("./datagram.ts")),
  loadDescriptors: async () => (await import("./descriptors.ts")).denoDescriptors(),
};
