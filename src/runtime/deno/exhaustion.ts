/**
 * Works around problems of Deno when no descriptor is available.
 *
 * @module
 */

import type { ListeningServer } from "../shared/node_net.ts";

let signalsAreReady = false;

/**
 * Makes Deno set up its signal handling. Otherwise it does so some time after the start, and ends
 * the process if no descriptor is available then.
 */
export function prepareSignals(): void {
  if (signalsAreReady || Deno.build.os === "windows") return;
  signalsAreReady = true;
  const ignore = () => {};
  Deno.addSignalListener("SIGWINCH", ignore);
  Deno.removeSignalListener("SIGWINCH", ignore);
}

/**
 * How often to resume accepting, in ms: within a second after a descriptor is free, and at little
 * cost.
 */
const INTERVAL = 500;

/**
 * A path where nothing exists, so that connecting fails immediately. Below `/dev`, Deno requires
 * all permissions.
 */
const NOWHERE = "/nonexistent/goer";

/**
 * Makes a server of `node:net` accept again after accepting has failed. Deno then stops accepting
 * without an event. It continues after another operation on the socket: listening again, or, for a
 * Unix socket, which that does not wake, a failed attempt to connect.
 *
 * @param server A listening server.
 * @param backlog Its backlog, which does not change.
 * @returns A function that stops this. Call it before the server closes.
 */
export function resumeAccepting(server: ListeningServer, backlog: number): () => void {
  const isUnix = typeof server.address() === "string" || !("connect6" in server._handle!);
  const wake = () => {
    try {
      if (isUnix) server._handle?.connect({ oncomplete() {} }, NOWHERE);
      else server._handle?.listen(backlog);
    } catch {
      // Without the permission, Deno's behaviour does not change.
    }
  };
  // The first call needs a descriptor, so it is made now.
  wake();
  const timer = setInterval(wake, INTERVAL);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}
