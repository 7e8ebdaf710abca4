/**
 * How workers get their sockets.
 *
 * @module
 */

import { readText } from "../../runtime/files/file_system.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Handoff } from "../../process_options.ts";
import type { AppManifest } from "../ipc/messages.ts";

/** If it is 1, the queue of a closing socket moves to others with the same address (Linux 5.14). */
const MIGRATE_SETTING = "/proc/sys/net/ipv4/tcp_migrate_req";

/** The decision of {@linkcode chooseHandoff}. */
export interface HandoffChoice {
  handoff: Exclude<Handoff, "auto">;
  /** A warning for the administrator. */
  warning?: string;
}

/** Decides, depending on the app's option and the system. */
export function chooseHandoff(app: AppManifest, canInherit: boolean): HandoffChoice {
  // Without an address, there is nothing to lose.
  const lossless = migratesRequests() || app.services.every(({ listen }) => listen === "");
  const { handoff } = app;
  if (handoff === "rebind" && canInherit && !runtime.capabilities.reusePort) {
    return {
      handoff: "inherit",
      warning: 'workers inherit their sockets: handoff: "rebind" takes Node 23.1 or later',
    };
  }
  if (canInherit && (handoff === "inherit" || handoff === "auto" && !lossless)) {
    return { handoff: "inherit" };
  }
  if (lossless) return { handoff: "rebind" };
  const cause = canInherit
    ? ""
    : "sockets cannot be inherited here (Deno needs 2.8 and --allow-ffi): ";
  const opensUnix = app.services.some(({ socket }) => socket?.transport === "unix");
  const queue = !canInherit && opensUnix && !runtime.capabilities.backlogOfUnix
    ? ". A Unix socket queues 512 clients, regardless of backlog"
    : "";
  return {
    handoff: "rebind",
    warning: `${cause}a reload may reset connections that are just being set up, ` +
      `unless net.ipv4.tcp_migrate_req is 1${queue}`,
  };
}

function migratesRequests(): boolean {
  try {
    return readText(MIGRATE_SETTING)?.trim() === "1";
  } catch {
    return false;
  }
}
