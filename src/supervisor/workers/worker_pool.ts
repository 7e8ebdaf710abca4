/**
 * The worker processes: started or adopted here, connected by their channels, and watched until
 * they end.
 *
 * @module
 */

import { isStopped, processRecord } from "../../runtime/files/claim.ts";
import type { Descriptors } from "../../runtime/descriptors.ts";
import { within } from "../../runtime/process/native_timer.ts";
import { openLocal, type UnreadSocket } from "../../runtime/sockets/local_socket.ts";
import type { ChildProcess } from "../../runtime/process/child.ts";
import type { Log } from "../../log.ts";
import { Channel } from "../ipc/channel.ts";
import type { Effect, SupervisorEvent, WorkerRecord } from "../machine/events.ts";
import type { SavedWorker } from "../upgrade/saved_state.ts";
import type { WorkerGroup } from "../machine/layout.ts";
import { WORKER_MESSAGE } from "../ipc/message_shapes.ts";
import type { WorkerMessage, WorkerOrder, WorkerStatistics } from "../ipc/messages.ts";
import type { Output } from "../output/output.ts";
import { OutputReader, type SavedOutput } from "../output/output_reader.ts";
import { Barrier } from "./barrier.ts";
import type { WorkerSocket } from "../sockets/socket_table.ts";
import { serveOrder } from "./serve_order.ts";
import type { Spawner } from "./spawner.ts";
import { type ConnectionStatus, Survey } from "./status.ts";
import { Totals } from "./totals.ts";
import { MessageBroker } from "../ipc/message_broker.ts";
import { adoptedProcess, WorkerProcess } from "./worker_process.ts";

/** How long a worker may take to stop accepting after the order to drain, in ms. */
const DRAIN_TIMEOUT = 1_000;

/** How long workers may take to start queuing their messages for each other, in ms. */
const WAIT_TIMEOUT = 1_000;

/** How long workers may take to reply to a new supervisor, in ms. */
const RETURN_TIMEOUT = 5_000;

/** How long a worker may live without its channel before it is replaced, in ms. */
const SILENCE_TIMEOUT = 1_000;

/** How long to wait for a worker's last output after its end, in ms. */
const LAST_WORDS_TIMEOUT = 1_000;

/** The running worker processes, by id. */
export class WorkerPool {
  readonly #spawner: Spawner;
  readonly #log: Log;
  readonly #output: Output;
  readonly #tell: (event: SupervisorEvent) => void;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #readers = new Set<OutputReader>();
  readonly #survey = new Survey();
  /** The counters of the whole app. */
  readonly totals: Totals = new Totals();
  readonly #broker = new MessageBroker();
  /** The workers that must reply during a takeover. */
  #moving = new Barrier(RETURN_TIMEOUT);
  /** The workers that were told to drain, and may still accept a connection. */
  readonly #draining = new Barrier(DRAIN_TIMEOUT);

  /** @param tell Receives events of workers. */
  constructor(
    spawner: Spawner,
    { log, output }: { log: Log; output: Output },
    tell: (event: SupervisorEvent) => void,
  ) {
    this.#spawner = spawner;
    this.#log = log;
    this.#output = output;
    this.#tell = tell;
  }

  /** All running workers. */
  get workers(): ReadonlyMap<number, WorkerProcess> {
    return this.#workers;
  }

  /** Starts a worker on its sockets. */
  spawn(record: WorkerRecord, group: WorkerGroup, sockets: WorkerSocket[]): void {
    const child = this.#spawner.worker(record, group, sockets);
    const reader = this.#reader(record.id, child);
    const worker = new WorkerProcess(record.id, child, reader, Date.now());
    worker.ownSockets = new Set(sockets.filter(({ own }) => own).map(({ key }) => key));
    if (child.channel) this.#connect(worker, child.channel);
    void this.#watch(worker);
  }

  /** A worker may have ended before all its output was read. */
  #reader(worker: number, { outputs }: ChildProcess, handed?: SavedOutput): OutputReader {
    const reader = new OutputReader(this.#output, { worker });
    this.#readers.add(reader);
    reader.read(outputs, handed);
    void reader.ended.then(() => this.#readers.delete(reader));
    return reader;
  }

  /** The channel identifies the worker, whatever its messages claim. */
  #connect(worker: WorkerProcess, socket: UnreadSocket, received?: Uint8Array): void {
    const channel = Channel.open<WorkerMessage>(socket, {
      accepts: WORKER_MESSAGE,
      onMessage: (message) => this.#receive(worker, message),
      onBytes: (bytes, channel) => {
        if (this.#broker.receive(bytes, channel, worker.id)) return;
        channel.refuse("it sent an invalid frame for other workers");
      },
      onOutput: (bytes) => worker.output.receive(bytes),
      onFault: (reason) =>
        this.#log.write(
          "error",
          `worker ${worker.id} (process ${worker.pid}) is disconnected and will be replaced: ${reason}`,
        ),
      onClose: (channel) => this.#disconnected(worker, channel),
    }, received);
    worker.attach(channel);
  }

  /** A running worker without a connection is useless. */
  #disconnected(worker: WorkerProcess, channel: Channel<WorkerMessage>): void {
    worker.output.channelEnded();
    this.#broker.forget(channel);
    setTimeout(() => {
      if (this.#workers.get(worker.id) !== worker) return;
      const reason = "its connection is closed";
      this.#tell({ event: "worker-recycles", worker: worker.id, reason });
    }, SILENCE_TIMEOUT);
  }

  /**
   * Announces a new supervisor to all workers, as soon as no draining worker accepts connections
   * any more. Until all are back, workers queue their messages for each other, so that nothing is
   * lost.
   */
  async leave(): Promise<void> {
    await this.#draining.complete;
    const connected = [...this.#workers.values()].filter(({ channel }) => channel)
      .map(({ id }) => id);
    this.#moving = new Barrier(WAIT_TIMEOUT, connected);
    this.send({ type: "supervisor-moves" });
    await this.#moving.complete;
  }

  /** This supervisor continues. */
  stay(): void {
    for (const { channel, output } of this.#workers.values()) {
      channel?.takeBack();
      output.takeBack();
    }
    this.send({ type: "resumed" });
  }

  /** Another process has taken over: closes this process's ends of the channels. */
  release(): void {
    for (const { channel, output } of this.#workers.values()) {
      output.release();
      channel?.destroy();
    }
  }

  /** Resolves when all output of ended processes has been read, and no other process holds it. */
  get outputEnded(): Promise<unknown> {
    return Promise.all([...this.#readers].map(({ ended }) => ended));
  }

  /** This process ends: the last output of workers may have no line end. */
  endOutput(): void {
    for (const reader of this.#readers) reader.end();
  }

  /** Adopts workers that a previous supervisor has started. */
  adopt(records: SavedWorker[], descriptors?: Descriptors): void {
    this.#moving = new Barrier(RETURN_TIMEOUT, records.map(({ id }) => id));
    for (const record of records) {
      const child = adoptedProcess(record, descriptors);
      const reader = this.#reader(record.id, child, record.output);
      const worker = new WorkerProcess(record.id, child, reader, record.startedAt);
      worker.addresses = record.addresses;
      worker.ready = record.ready;
      worker.ownSockets = new Set(record.ownSockets);
      worker.released = record.released ?? false;
      if (record.channel !== undefined) {
        this.#connect(worker, openLocal(record.channel), Uint8Array.from(record.received ?? []));
      }
      void this.#watch(worker);
    }
    const alive = [...this.#workers.keys()];
    for (const { channel } of this.#workers.values()) {
      channel?.send({ type: "supervisor-returns" });
      if (channel) this.#broker.welcome(channel, alive);
    }
  }

  /** The state that a new supervisor needs to adopt them. It reads their messages from here on. */
  save(): SavedWorker[] {
    return [...this.#workers.values()].map((worker) => {
      const { id, pid, startedAt, addresses, ready, channel, output, released } = worker;
      const handed = channel?.handOver();
      return {
        id,
        startedAt,
        addresses,
        ready,
        ownSockets: [...worker.ownSockets],
        released,
        channel: handed?.descriptor,
        received: handed && [...handed.received],
        output: output.handOver(),
        ...processRecord(pid),
      };
    });
  }

  async #watch(worker: WorkerProcess): Promise<void> {
    this.#workers.set(worker.id, worker);
    const exit = await worker.exited;
    // The end of a worker may be known before its last output has been read.
    if (worker.channel) await within(LAST_WORDS_TIMEOUT, worker.channel.closed);
    this.#workers.delete(worker.id);
    this.#moving.strike(worker.id);
    this.#draining.strike(worker.id);
    this.#broker.workerEnded(worker.id);
    this.totals.left(worker.id, !worker.dismissed);
    const reason = WorkerProcess.describeExit(exit, worker.failure);
    this.#tell({ event: "worker-exited", worker: worker.id, reason });
  }

  /** A message of a worker has arrived. */
  #receive(worker: WorkerProcess, message: WorkerMessage): void {
    const { id } = worker;
    if (this.#workers.get(id) !== worker) return;
    worker.heardAt = performance.now();
    switch (message.type) {
      case "prepared":
        return this.#tell({ event: "worker-prepared", worker: id });
      case "ready":
        if (worker.ready) return;
        worker.ready = true;
        worker.addresses = message.addresses;
        return this.#tell({ event: "worker-ready", worker: id });
      case "failed":
        worker.failure = message.reason;
        return;
      case "recycle":
        return this.#tell({ event: "worker-recycles", worker: id, reason: message.reason });
      case "drains":
        return this.#draining.strike(id);
      case "alive":
        return;
      case "released":
        worker.released = true;
        return this.#tell({ event: "worker-released", worker: id });
      case "waits":
        return this.#moving.strike(id);
      case "returned":
        this.#moving.strike(id);
        return void this.#moving.complete.then(() => worker.send({ type: "resumed" }));
      case "counted":
        return this.totals.reported(id, message.statistics);
      case "report":
        this.totals.reported(id, message.statistics);
        return this.#survey.receive(id, message);
      case "report-connections":
        return this.#survey.receive(id, message);
    }
  }

  /** A child has ended, stopped or continued: notes which workers with own sockets are stopped. */
  lookForStopped(): void {
    for (const worker of this.#workers.values()) {
      if (worker.ownSockets.size > 0) worker.stopped = isStopped(worker.pid);
    }
  }

  /** Lets a worker that is prepared serve. */
  serve(id: number): void {
    this.#workers.get(id)?.send(serveOrder());
  }

  /** Makes a worker finish and leave. */
  drain({ worker: id, timeout, reason }: Effect & { effect: "drain" }): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    worker.drain({ type: "drain", timeout, reason });
    this.#draining.add(id);
  }

  /**
   * Calls `callback` as soon as no draining worker accepts connections any more. One that hangs is
   * awaited for at most a second.
   */
  whenDrained(callback: () => void): void {
    this.#draining.whenComplete(callback);
  }

  /** Sends an order to all workers. */
  send(order: WorkerOrder): void {
    for (const worker of this.#workers.values()) worker.send(order);
  }

  /** The statistics of all workers that reply in time, by worker. */
  statistics(): Promise<Map<number, WorkerStatistics>> {
    return this.#survey.statistics([...this.#workers.values()]);
  }

  /** The connections of all workers that reply in time. */
  connections(): Promise<ConnectionStatus[]> {
    return this.#survey.connections([...this.#workers.values()]);
  }
}
