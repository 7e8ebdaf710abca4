/**
 * How workers get their sockets.
 *
 * @module
 */

import { readText } from "../../runtime/files/file_system.ts";
import { runtime } from "../../runtime/mod.ts";
import type { DescriptorCapabilities } from "../../runtime/descriptors.ts";
import type { Handoff } from "../../process_options.ts";
import type { AppManifest } from "../ipc/messages.ts";
import type { SteerMode } from "./socket_table.ts";

/** If it is 1, the queue of a closing socket moves to others with the same address (Linux 5.14). */
const MIGRATE_SETTING = "/proc/sys/net/ipv4/tcp_migrate_req";

/** The decision of {@linkcode chooseHandoff}. */
export interface HandoffChoice {
  handoff: Exclude<Handoff, "auto">;
  /** Which workers also open sockets of their own. */
  steer: SteerMode;
  /** A warning for the administrator. */
  warning?: string;
}

/** Decides, depending on the app's option and the system. */
export function chooseHandoff(
  { handoff, services }: AppManifest,
  { inherited, steers }: Pick<DescriptorCapabilities, "inherited" | "steers">,
): HandoffChoice {
  const canInherit = inherited.length > 0;
  if (canInherit && handoff !== "rebind") {
    if (handoff === "inherit") return INHERIT;
    if (handoff === "auto") return { ...INHERIT, steer: steers ? "single" : "none" };
    if (steers) return { handoff: "steer", steer: "all" };
    return inheritInstead(handoff, "Deno on Linux");
  }
  if (canInherit && !runtime.capabilities.reusePort) {
    return inheritInstead("rebind", "Node 23.1 or later");
  }
  // Without an address, there is nothing to lose.
  const lossless = migratesRequests() || services.every(({ listen }) => listen === "");
  if (lossless) return { handoff: "rebind", steer: "none" };
  const cause = canInherit
    ? ""
    : "sockets cannot be inherited here (Deno needs 2.8 and --allow-ffi): ";
  const opensUnix = services.some(({ socket }) => socket?.transport === "unix");
  const queue = !canInherit && opensUnix && !runtime.capabilities.backlogOfUnix
    ? ". A Unix socket queues 512 clients, regardless of backlog"
    : "";
  return {
    handoff: "rebind",
    steer: "none",
    warning: `${cause}a reload may reset connections that are just being set up, ` +
      `unless net.ipv4.tcp_migrate_req is 1${queue}`,
  };
}

const INHERIT: HandoffChoice = { handoff: "inherit", steer: "none" };

function inheritInstead(handoff: Handoff, needed: string): HandoffChoice {
  return {
    ...INHERIT,
    warning: `workers inherit their sockets: handoff: "${handoff}" takes ${needed}`,
  };
}

function migratesRequests(): boolean {
  try {
    return readText(MIGRATE_SETTING)?.trim() === "1";
  } catch {
    return false;
  }
}
