/**
 * What Deno does not survive by itself: that no descriptor is left.
 *
 * @module
 */

import type { ListeningServer } from "../shared/node_net.ts";

let signalsAreReady = false;

/**
 * Has Deno set its handling of signals up: it does so some time after the start otherwise, and ends the
 * process where no descriptor is left then.
 */
export function prepareSignals(): void {
  if (signalsAreReady || Deno.build.os === "windows") return;
  signalsAreReady = true;
  const ignore = () => {};
  Deno.addSignalListener("SIGWINCH", ignore);
  Deno.removeSignalListener("SIGWINCH", ignore);
}

/** How often accepting begins again, in ms: within a second of a descriptor's return, and at little cost. */
const INTERVAL = 500;

/** A path that nothing is at: connecting there fails at once. Below `/dev` Deno wants all permissions. */
const NOWHERE = "/nonexistent/goer";

/**
 * Has a server of `node:net` accept again after that has failed. Deno stops for good then, and tells
 * nobody; it goes on when something else is done with the socket: listening once more, or for a Unix
 * socket, which that does not wake, an attempt to connect that fails.
 *
 * @param server It listens.
 * @param backlog Its backlog, which stays.
 * @returns Ends that. To be called before the server closes.
 */
export function resumeAccepting(server: ListeningServer, backlog: number): () => void {
  const isUnix = typeof server.address() === "string" || !("connect6" in server._handle!);
  const wake = () => {
    try {
      if (isUnix) server._handle?.connect({ oncomplete() {} }, NOWHERE);
      else server._handle?.listen(backlog);
    } catch {
      // Without the permission it stays as Deno has it.
    }
  };
  // What Deno sets up at the first time takes a descriptor as well.
  wake();
  const timer = setInterval(wake, INTERVAL);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}
