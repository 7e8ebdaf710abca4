/**
 * Whether load balancers may send the app new connections.
 *
 * @module
 */

import type { SupervisorMachine } from "./machine.ts";

/**
 * Why the app is not ready, if so: it does not serve yet or any more, or a service has less than half
 * of its workers.
 */
export function unreadiness({ phase, layout, workers }: SupervisorMachine): string | undefined {
  if (phase === "new" || phase === "starting") return "the app is starting";
  if (phase === "stopping" || phase === "restarting" || phase === "stopped") {
    return "the app is stopping";
  }
  for (const { key, services, workers: wanted } of layout?.groups ?? []) {
    const ready = workers.filter(({ group, state }) => group === key && state === "ready").length;
    if (ready * 2 < wanted) return `${ready} of ${wanted} workers serve ${services.join(" and ")}`;
  }
}
