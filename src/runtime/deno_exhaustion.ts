/**
 * What Deno does not survive by itself: that no descriptor is left.
 *
 * @module
 */

import type { ListeningServer } from "./node_stream.ts";

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

/**
 * Has a server of `node:net` accept again after that has failed. Deno stops for good then, and tells
 * nobody; it goes on when the server is to listen once more.
 *
 * @param server It listens.
 * @param backlog Its backlog, which stays.
 * @returns Ends that. To be called before the server closes.
 */
export function resumeAccepting(server: ListeningServer, backlog: number): () => void {
  const timer = setInterval(() => server._handle?.listen(backlog), INTERVAL);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}
