/**
 * What the admin listener may know of the supervisor.
 *
 * @module
 */

import type { AdminHost } from "./admin.ts";
import type { Layout } from "./machine/layout.ts";
import type { SupervisorMachine } from "./machine/machine.ts";
import { unreadiness } from "./machine/readiness.ts";
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
