/**
 * Assigns services to processes: services with the same workers, user and group share processes, but
 * services without an address have their own, so that their work delays no connection.
 *
 * @module
 */

import type { AppManifest, ServiceManifest } from "../ipc/messages.ts";

/** Processes that serve the same `services`. */
export interface WorkerGroup {
  /** Unique in the app, and the same after a reload. */
  readonly key: string;
  /** How many processes. */
  readonly workers: number;
  /** The keys of the services. */
  readonly services: readonly string[];
  readonly user: string;
  readonly group: string;
}

/** All processes of an app. */
export interface Layout {
  readonly app: AppManifest;
  readonly groups: readonly WorkerGroup[];
}

/** Why `--workers` cannot be used for an app, if so. */
export function workersProblem(app: AppManifest, workers?: number): string | undefined {
  if (workers === undefined || app.services.some(listens)) return undefined;
  return `--workers ${workers} has no effect, because no service of the app has an address: ` +
    "set the option workers of the service";
}

function listens({ listen }: ServiceManifest): boolean {
  return listen !== "";
}

/** True if each worker of one layout can replace the one in the same slot of the other. */
export function haveSameSlots(one: Layout, other: Layout): boolean {
  return JSON.stringify(one.groups) === JSON.stringify(other.groups);
}

/**
 * Creates the layout of an app.
 *
 * @param workers Overrides the option of the services with an address: the number of schedulers must
 * not change with the load.
 */
export function layoutOf(app: AppManifest, workers?: number): Layout {
  const groups = new Map<string, ServiceManifest[]>();
  const counts = new Map<string, number>();
  for (const service of app.services) {
    const count = listens(service) ? workers ?? service.workers : service.workers;
    const kind = listens(service) ? [] : ["no address"];
    const key = [count, service.user, service.group, ...kind].join("/");
    counts.set(key, count);
    groups.set(key, [...groups.get(key) ?? [], service]);
  }
  return {
    app,
    groups: [...groups].map(([key, services]) => ({
      key,
      workers: counts.get(key)!,
      services: services.map((service) => service.key),
      user: services[0].user,
      group: services[0].group,
    })),
  };
}
