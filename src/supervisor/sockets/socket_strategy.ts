/**
 * How workers get their sockets.
 *
 * @module
 */

import { readText } from "../../runtime/files/file_system.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Handoff } from "../../process_options.ts";
import type { AppManifest } from "../ipc/messages.ts";

/** With it, a socket that closes leaves its queue to those that share its address (Linux 5.14). */
const MIGRATE_SETTING = "/proc/sys/net/ipv4/tcp_migrate_req";

/** What {@linkcode chooseHandoff} decides. */
export interface HandoffChoice {
  handoff: Exclude<Handoff, "auto">;
  /** What an administrator should know of it. */
  warning?: string;
}

/** Decides, by what the app asks for and what the system can do. */
export function chooseHandoff(app: AppManifest, canInherit: boolean): HandoffChoice {
  const lossless = migratesRequests();
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
