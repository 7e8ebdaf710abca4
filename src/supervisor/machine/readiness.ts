/**
 * Whether load balancers may send the app new connections.
 *
 * @module
 */

import type { SupervisorMachine } from "./machine.ts";

/** The phases in which workers serve, and will continue to. */
const SERVING: readonly string[] = ["running", "reloading", "upgrading"];

/** True if each service has a worker that serves, and the app is not about to stop. */
export function isReady({ phase, layout, workers }: SupervisorMachine): boolean {
  if (layout === undefined || !SERVING.includes(phase)) return false;
  return layout.groups.every(({ key }) =>
    workers.some(({ group, state }) => group === key && state === "ready")
  );
}
