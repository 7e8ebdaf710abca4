/**
 * The supervisor's own part of `goer status`.
 *
 * @module
 */

import { processId } from "../../runtime/process/process.ts";
import { loadAverages, resourceUsage } from "../../runtime/process/resource_usage.ts";
import type { WorkerRecord } from "../machine/events.ts";
import type { SupervisorMachine } from "../machine/machine.ts";
import { unreadiness } from "../machine/readiness.ts";
import type { WorkerStatistics } from "../ipc/messages.ts";
import type { ServiceStatus, StatusReport, WorkerStatus } from "./status.ts";
import type { WorkerProcess } from "./worker_process.ts";
import { isComing } from "../machine/worker_table.ts";

/** The data for the report. */
export interface SupervisorFacts {
  machine: SupervisorMachine;
  workers: ReadonlyMap<number, WorkerProcess>;
}

/** Where each service listens, as reported by its workers. */
export function serviceReports({ machine, workers }: SupervisorFacts): ServiceStatus[] {
  const { layout } = machine;
  if (layout === undefined) return [];
  const addresses = new Map<string, string>();
  for (const { id, group } of machine.workers) {
    const told = workers.get(id)?.addresses ?? {};
    // A worker reports only its own services.
    for (const key of layout.groups.find((one) => one.key === group)?.services ?? []) {
      if (Object.hasOwn(told, key)) addresses.set(key, told[key]);
    }
  }
  return layout.app.services.map(({ key, name, listen, protocol }) => ({
    name,
    address: addresses.get(key) ?? listen,
    protocol,
    workers: layout.groups.find((group) => group.services.includes(key))!.workers,
  }));
}

/** The report of the state machine and the workers. */
export function reportOf(
  facts: SupervisorFacts,
  statistics: ReadonlyMap<number, WorkerStatistics>,
): Pick<
  StatusReport,
  | "load"
  | "memory"
  | "paused"
  | "phase"
  | "pid"
  | "ready"
  | "reloads"
  | "rollout"
  | "services"
  | "upgrades"
  | "workers"
> {
  const { machine } = facts;
  return {
    pid: processId(),
    phase: machine.phase,
    ready: unreadiness(machine) === undefined,
    rollout: machine.rollout,
    reloads: machine.reloads,
    upgrades: machine.upgrades,
    load: loadAverages(),
    memory: resourceUsage().memory,
    services: serviceReports(facts),
    workers: machine.workers.map((worker) => workerReport(worker, facts, statistics)),
    paused: machine.paused.map(({ slot, pause, reason }) => ({ slot, pause, reason })),
  };
}

function workerReport(
  record: WorkerRecord,
  { machine, workers }: SupervisorFacts,
  statistics: ReadonlyMap<number, WorkerStatistics>,
): WorkerStatus {
  const { id, slot, generation, group } = record;
  const worker = workers.get(id);
  const state = isComing(record) ? "starting" : record.state === "ready" ? "ready" : "draining";
  const own = statistics.get(id);
  const groups = machine.layout?.groups ?? [];
  return {
    id,
    pid: worker?.pid ?? 0,
    slot,
    generation,
    state: state === "ready" && own === undefined ? "busy" : state,
    uptime: Date.now() - (worker?.startedAt ?? Date.now()),
    services: [...groups.find((one) => one.key === group)?.services ?? []],
    statistics: own,
  };
}
