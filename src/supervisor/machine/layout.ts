/**
 * Assigns services to processes: services with the same workers, user and group share processes.
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

/** Creates the layout of an app. `workers` overrides the services' options. */
export function layoutOf(app: AppManifest, workers?: number): Layout {
  const groups = new Map<string, ServiceManifest[]>();
  for (const service of app.services) {
    const key = [workers ?? service.workers, service.user, service.group].join("/");
    groups.set(key, [...groups.get(key) ?? [], service]);
  }
  return {
    app,
    groups: [...groups].map(([key, services]) => ({
      key,
      workers: workers ?? services[0].workers,
      services: services.map((service) => service.key),
      user: services[0].user,
      group: services[0].group,
    })),
  };
}
