/**
 * The data of `goer status` and `goer connections`.
 *
 * @module
 */

import { nativeDelay } from "../../numbers.ts";
import type { RolloutStatus } from "../machine/events.ts";
import type { ConnectionStatistics, WorkerMessage, WorkerStatistics } from "../ipc/messages.ts";
import type { WorkerProcess } from "./worker_process.ts";

/** One worker in a {@linkcode StatusReport}. */
export interface WorkerStatus {
  id: number;
  pid: number;
  slot: number;
  generation: number;
  /** `busy` if it did not reply in time. */
  state: "starting" | "ready" | "draining" | "busy";
  /** Since its start, in ms. */
  uptime: number;
  services: string[];
  /** Undefined if it did not reply in time. */
  statistics?: WorkerStatistics;
}

/** One service in a {@linkcode StatusReport}. */
export interface ServiceStatus {
  name: string;
  /** Where it really listens. */
  address: string;
  protocol: string;
  workers: number;
}

/** What `goer status --json` prints. */
export interface StatusReport {
  version: string;
  runtime: string;
  app: string;
  pid: number;
  phase: string;
  /** True if load balancers may send it new connections. */
  ready?: boolean;
  /** The progress of a reload, if one is in progress. */
  rollout?: RolloutStatus;
  /** Since the first start, across upgrades, in ms. */
  uptime: number;
  reloads: number;
  upgrades: number;
  /** Over 1, 5 and 15 minutes. */
  load: number[];
  /** The supervisor's own memory, in bytes. */
  memory: number;
  handoff: string;
  directory: string;
  logFile: string;
  services: ServiceStatus[];
  workers: WorkerStatus[];
  /** Slots without a worker. One starts after a pause, which grows each time that it ends early. */
  paused: PausedStatus[];
}

/** A slot without a worker in a {@linkcode StatusReport}. */
export interface PausedStatus {
  slot: number;
  /** The length of the pause, in ms. */
  pause: number;
  /** What happened to the last worker. */
  reason: string;
}

/** A connection and its worker, as `goer connections --json` prints. */
export interface ConnectionStatus extends ConnectionStatistics {
  worker: number;
  pid: number;
}

/** A worker's reply. */
type Answer = WorkerMessage & { request: number };

/** How long workers may take to reply, in ms, so that a busy one does not delay the others. */
const STATISTICS_TIMEOUT = 150;
const CONNECTIONS_TIMEOUT = 2000;

/** Sends questions to workers and collects the replies. */
export class Survey {
  #lastRequest = 0;
  readonly #pending = new Map<number, (worker: number, message: Answer) => void>();

  /** A reply has arrived. */
  receive(worker: number, message: Answer): void {
    this.#pending.get(message.request)?.(worker, message);
  }

  /** The statistics of all workers that reply in time, by worker. */
  async statistics(workers: WorkerProcess[]): Promise<Map<number, WorkerStatistics>> {
    const answers = await this.#ask("statistics", workers, STATISTICS_TIMEOUT);
    return new Map(
      answers.flatMap(([{ id }, answer]) =>
        answer.type === "report" ? [[id, answer.statistics] as const] : []
      ),
    );
  }

  /** The connections of all workers that reply in time. */
  async connections(workers: WorkerProcess[]): Promise<ConnectionStatus[]> {
    const answers = await this.#ask("connections", workers, CONNECTIONS_TIMEOUT);
    return answers.flatMap(([{ id, pid }, answer]) => {
      if (answer.type !== "report-connections") return [];
      return answer.connections.map((connection) => ({ ...connection, worker: id, pid }));
    });
  }

  #ask(
    type: "statistics" | "connections",
    workers: WorkerProcess[],
    timeout: number,
  ): Promise<[WorkerProcess, Answer][]> {
    const request = ++this.#lastRequest;
    const answers: [WorkerProcess, Answer][] = [];
    const asked = new Map(
      workers.filter((worker) => worker.send({ type, request })).map((one) => [one.id, one]),
    );
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#pending.delete(request);
        resolve(answers);
      };
      const timer = setTimeout(done, nativeDelay(timeout));
      this.#pending.set(request, (id, message) => {
        const worker = asked.get(id);
        if (worker === undefined) return;
        asked.delete(id);
        answers.push([worker, message]);
        if (asked.size === 0) done();
      });
      if (asked.size === 0) done();
    });
  }
}
