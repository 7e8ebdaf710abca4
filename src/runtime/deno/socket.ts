/**
 * What stream and datagram sockets on Deno have in common.
 *
 * @module
 */

import { delay } from "../process/native_timer.ts";
import type { Endpoint } from "../runtime.ts";

/** How long accepting or receiving pauses after an error, in ms: long enough not to spin. */
const PAUSE = 50;

/** How soon Deno has closed what no operation uses any more, in ms: at the next turn. */
const RELEASE_TIME = 0;

/** An endpoint as Goer writes it. */
export function endpointOf(address: Deno.Addr): Endpoint {
  if ("path" in address) return { path: address.path.replace("\0", "@") };
  const { hostname, port } = address as Deno.NetAddr;
  return { host: hostname, port };
}

/** Waits until the next attempt after one that failed. */
export function pauseAfterError(): Promise<void> {
  return delay(PAUSE);
}

/** Settles when Deno has closed a socket that no operation uses any more. */
export function released(): Promise<void> {
  return delay(RELEASE_TIME);
}
