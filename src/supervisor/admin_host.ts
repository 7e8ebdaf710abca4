/**
 * What the admin listener may know of the supervisor.
 *
 * @module
 */

import type { AdminHost, AdminOutcome } from "./admin.ts";
import type { Command, CommandMessage, CommandReply } from "./ipc/messages.ts";
import type { Layout } from "./machine/layout.ts";
import type { SupervisorMachine } from "./machine/machine.ts";
import { unreadiness } from "./machine/readiness.ts";
import type { StatusReport } from "./workers/status.ts";
import type { WorkerPool } from "./workers/worker_pool.ts";

/** Obeys a command of the supervisor. */
type Obey = (message: CommandMessage, reply: (reply: CommandReply) => void) => Promise<void>;

/** The supervisor, as the admin listener uses it. */
export function adminHost(
  machine: SupervisorMachine,
  pool: WorkerPool,
  obey: Obey,
): AdminHost {
  const command = (command: Command) =>
    new Promise<AdminOutcome>((resolve, reject) => {
      obey({ type: "command", command }, (reply) => {
        if (reply.type === "outcome") resolve(reply);
      }).catch(reject);
    });
  const unready = () => unreadiness(machine);
  return {
    unready,
    observe: async () => ({
      status: (await command("status")).data as StatusReport,
      totals: pool.totals.report(),
      names: serviceNames(machine.layout),
      unready: unready(),
    }),
    connections: () => pool.connections(),
    command,
  };
}

/** The names of services by their keys. A metric must not occur twice, so equal names get the key. */
function serviceNames(layout: Layout | undefined): Record<string, string> {
  const services = layout?.app.services ?? [];
  const isShared = (name: string) => services.filter((one) => one.name === name).length > 1;
  return Object.fromEntries(
    services.map(({ key, name }) => [key, isShared(name) ? `${name} (${key})` : name]),
  );
}
