/**
 * The worker processes: started or adopted here, heard and asked over the control socket, and watched
 * until they end.
 *
 * @module
 */

import { processRecord } from "../runtime/claim.ts";
import type { Descriptors } from "../runtime/descriptors.ts";
import type { WorkerChannel } from "./control_server.ts";
import type { Effect, SupervisorEvent, WorkerRecord } from "./events.ts";
import type { HandedWorker } from "./handover.ts";
import type { WorkerGroup } from "./layout.ts";
import type { WorkerMessage, WorkerOrder, WorkerStatistics } from "./messages.ts";
import { RollCall } from "./roll_call.ts";
import type { WorkerSocket } from "./sockets.ts";
import type { Spawner } from "./spawner.ts";
import { type ConnectionStatus, Survey } from "./status.ts";
import { adoptedProcess, WorkerProcess } from "./worker_process.ts";

/** How long a worker may take to accept no more once it is told to drain, in ms. */
const DRAIN_TIMEOUT = 1_000;

/** How long workers may take to hold back what they have for each other, in ms. */
const WAIT_TIMEOUT = 1_000;

/** How long workers may take to come back to another image of the supervisor, in ms. */
const RETURN_TIMEOUT = 5_000;

/** The worker processes that live, by their ids. */
export class Crew {
  readonly #spawner: Spawner;
  readonly #tell: (event: SupervisorEvent) => void;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #survey = new Survey();
  /** Who is waited for while one image of the supervisor follows another. */
  #rollCall = new RollCall(RETURN_TIMEOUT);
  /** Who has been told to drain, and may still accept a connection. */
  readonly #draining = new RollCall(DRAIN_TIMEOUT);

  /** @param tell Hears what becomes of workers. */
  constructor(spawner: Spawner, tell: (event: SupervisorEvent) => void) {
    this.#spawner = spawner;
    this.#tell = tell;
  }

  /** All that live. */
  get workers(): ReadonlyMap<number, WorkerProcess> {
    return this.#workers;
  }

  /** Starts a worker on its sockets. */
  spawn(worker: WorkerRecord, group: WorkerGroup, sockets: WorkerSocket[]): void {
    const child = this.#spawner.worker(worker, group, sockets);
    void this.#watch(new WorkerProcess(worker.id, child, Date.now()));
  }

  /**
   * Tells all that another image takes over, as soon as no worker that drains takes connections any
   * more: what workers have for each other waits with them until all are back, so that nothing of it
   * is lost.
   */
  async leave(): Promise<void> {
    await this.#draining.complete;
    const connected = [...this.#workers.values()].filter((worker) => worker.connected)
      .map(({ id }) => id);
    this.#rollCall = new RollCall(WAIT_TIMEOUT, connected);
    this.send({ type: "supervisor-moves" });
    await this.#rollCall.complete;
    // They come back to this image where no other can take over.
    this.#rollCall = new RollCall(RETURN_TIMEOUT, connected);
  }

  /** This image goes on after all. */
  stay(): void {
    this.send({ type: "resumed" });
  }

  /** Takes over workers that another image has started. */
  adopt(records: HandedWorker[], descriptors?: Descriptors): void {
    this.#rollCall = new RollCall(RETURN_TIMEOUT, records.map(({ id }) => id));
    for (const record of records) {
      const child = adoptedProcess(record, descriptors);
      const worker = new WorkerProcess(record.id, child, record.startedAt);
      worker.addresses = record.addresses;
      void this.#watch(worker);
    }
  }

  /** What another image has to know to adopt them. */
  save(): HandedWorker[] {
    return [...this.#workers.values()].map(({ id, pid, startedAt, addresses }) => ({
      id,
      startedAt,
      addresses,
      ...processRecord(pid),
    }));
  }

  async #watch(worker: WorkerProcess): Promise<void> {
    this.#workers.set(worker.id, worker);
    const exit = await worker.exited;
    this.#workers.delete(worker.id);
    this.#rollCall.strike(worker.id);
    this.#draining.strike(worker.id);
    const reason = WorkerProcess.describeExit(exit, worker.failure);
    this.#tell({ event: "worker-exited", worker: worker.id, reason });
  }

  /** A worker has connected: false where there is no such worker. */
  attach(id: number, channel: WorkerChannel): boolean {
    this.#workers.get(id)?.attach(channel);
    return this.#workers.has(id);
  }

  /** A worker's connection is gone. */
  detach(id: number, channel: WorkerChannel): void {
    this.#workers.get(id)?.detach(channel);
  }

  /** A worker says something. */
  receive(id: number, message: WorkerMessage): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    switch (message.type) {
      case "prepared":
        return this.#tell({ event: "worker-prepared", worker: id });
      case "ready":
        worker.addresses = message.addresses;
        return this.#tell({ event: "worker-ready", worker: id });
      case "failed":
        worker.failure = message.reason;
        return;
      case "recycle":
        return this.#tell({ event: "worker-recycles", worker: id, reason: message.reason });
      case "drains":
        return this.#draining.strike(id);
      case "waits":
        return this.#rollCall.strike(id);
      case "returned":
        this.#rollCall.strike(id);
        return void this.#rollCall.complete.then(() => worker.send({ type: "resumed" }));
      case "report":
      case "report-connections":
        return this.#survey.receive(id, message);
    }
  }

  /** Has a worker finish and leave. */
  drain({ worker: id, timeout, reason }: Effect & { effect: "drain" }): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    worker.drain({ type: "drain", timeout, reason });
    this.#draining.add(id);
  }

  /**
   * Calls `callback` as soon as no worker that drains takes connections any more. One that hangs is
   * waited for no longer than a second.
   */
  whenDrained(callback: () => void): void {
    this.#draining.whenComplete(callback);
  }

  /** Tells all of them something. */
  send(order: WorkerOrder): void {
    for (const worker of this.#workers.values()) worker.send(order);
  }

  /** The statistics of all that answer in time, by worker. */
  statistics(): Promise<Map<number, WorkerStatistics>> {
    return this.#survey.statistics([...this.#workers.values()]);
  }

  /** The connections of all that answer in time. */
  connections(): Promise<ConnectionStatus[]> {
    return this.#survey.connections([...this.#workers.values()]);
  }
}
