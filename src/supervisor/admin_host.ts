/**
 * What the admin listener may know of the supervisor.
 *
 * @module
 */

import type { AdminHost } from "./admin.ts";
import type { Layout } from "./machine/layout.ts";
import type { SupervisorMachine } from "./machine/machine.ts";
import type { StatusReport } from "./workers/status.ts";
import type { WorkerPool } from "./workers/worker_pool.ts";

/** The supervisor, as the admin listener uses it. */
export function adminHost(
  machine: SupervisorMachine,
  pool: WorkerPool,
  status: () => Promise<StatusReport>,
): AdminHost {
  const unready = () => unreadiness(machine);
  return {
    unready,
    observe: async () => ({
      status: await status(),
      totals: pool.totals.report(),
      names: serviceNames(machine.layout),
      unready: unready(),
    }),
    connections: () => pool.connections(),
  };
}

/** The names of services by their keys. */
function serviceNames(layout: Layout | undefined): Record<string, string> {
  return Object.fromEntries((layout?.app.services ?? []).map(({ key, name }) => [key, name]));
}

/**
 * Why the app is not ready, if so: it does not serve yet or any more, or a service has less than half
 * of its workers.
 */
function unreadiness({ phase, layout, workers }: SupervisorMachine): string | undefined {
  if (phase === "new" || phase === "starting") return "the app is starting";
  if (phase === "stopping" || phase === "restarting" || phase === "stopped") {
    return "the app is stopping";
  }
  for (const { key, services, workers: wanted } of layout?.groups ?? []) {
    const ready = workers.filter(({ group, state }) => group === key && state === "ready").length;
    if (ready * 2 < wanted) return `${ready} of ${wanted} workers serve ${services.join(" and ")}`;
  }
}
