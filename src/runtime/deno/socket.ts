/**
 * Common code of stream and datagram sockets on Deno.
 *
 * @module
 */

import { delay } from "../process/native_timer.ts";
import type { Endpoint } from "../runtime.ts";

/** How long to wait after an error of accepting or receiving, in ms: long enough not to spin. */
const PAUSE = 50;

/** How soon Deno closes a resource that no operation uses any more, in ms: at the next turn. */
const RELEASE_TIME = 0;

/** Converts an address to an endpoint. */
export function endpointOf(address: Deno.Addr): Endpoint {
  if ("path" in address) return { path: address.path.replace("\0", "@") };
  const { hostname, port } = address as Deno.NetAddr;
  return { host: hostname, port };
}

/** Waits before the next attempt after a failed one. */
export function pauseAfterError(): Promise<void> {
  return delay(PAUSE);
}

/** Settles when Deno has closed a socket that no operation uses any more. */
export function released(): Promise<void> {
  return delay(RELEASE_TIME);
}
