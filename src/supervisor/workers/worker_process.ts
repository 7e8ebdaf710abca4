/**
 * A worker, from the supervisor's side: a process and its channel.
 *
 * @module
 */

import { isRunning, type ProcessRecord } from "../../runtime/files/claim.ts";
import type { Descriptors, Exit } from "../../runtime/descriptors.ts";
import type { ChildProcess } from "../../runtime/process/child.ts";
import { kill, onSignal } from "../../runtime/process/signals.ts";
import type { Channel } from "../ipc/channel.ts";
import type { WorkerMessage, WorkerOrder } from "../ipc/messages.ts";
import type { OutputReader } from "../output/output_reader.ts";

/** How often to check a process that a previous supervisor started, in ms, if no signal arrives. */
const POLL_INTERVAL = 200;

/** A worker process. */
export class WorkerProcess {
  readonly id: number;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** When it was started, in ms since 1970. */
  readonly startedAt: number;
  /** Where its services listen, by their keys, as reported when it was ready. */
  addresses: Record<string, string> = {};
  /** The reason for its failure, as it reported. */
  failure = "";
  /** True if it has reported that it is ready. */
  ready = false;
  /** The services for which it opens sockets of its own, by key. */
  ownSockets: ReadonlySet<string> = new Set();
  /** True if it has closed these sockets for good. */
  released = false;
  /** When its last message arrived, on the clock of `performance`. */
  heardAt: number = performance.now();
  /** True while a signal has stopped it. */
  stopped = false;
  /** True if it was told to leave. */
  dismissed = false;
  readonly output: OutputReader;
  #channel: Channel<WorkerMessage> | undefined;

  constructor(id: number, child: ChildProcess, output: OutputReader, startedAt: number) {
    this.id = id;
    this.output = output;
    this.pid = child.pid;
    this.exited = child.exited;
    this.startedAt = startedAt;
  }

  /** Connects it to its channel. */
  attach(channel: Channel<WorkerMessage>): void {
    this.#channel = channel;
  }

  /** The channel, while it is open. */
  get channel(): Channel<WorkerMessage> | undefined {
    return this.#channel?.open ? this.#channel : undefined;
  }

  /** True if it runs, and has sent a message within `timeout` ms. */
  responds(timeout: number): boolean {
    return !this.stopped && performance.now() - this.heardAt < timeout;
  }

  /** Sends an order; returns false if its channel is closed. */
  send(order: WorkerOrder): boolean {
    this.channel?.send(order);
    return this.channel !== undefined;
  }

  /** Makes it finish and leave. */
  drain(order: WorkerOrder & { type: "drain" }): void {
    this.dismissed = true;
    if (!this.send(order)) kill(this.pid, "SIGTERM");
  }

  /** Kills it. */
  kill(): void {
    this.dismissed = true;
    kill(this.pid, "SIGKILL");
  }

  /** Describes how it ended. */
  static describeExit({ code, signal, error }: Exit, failure: string): string {
    if (error !== undefined) return `could not be started: ${error}`;
    const how = signal === undefined ? `exited with code ${code}` : `was killed by ${signal}`;
    return failure === "" ? how : `${how}: ${failure}`;
  }
}

/**
 * A process that a previous supervisor has started. The runtime does not know it, so it is reaped
 * here.
 */
export function adoptedProcess(record: ProcessRecord, descriptors?: Descriptors): ChildProcess {
  const exited = new Promise<Exit>((resolve) => {
    const look = () => {
      const exit = exitOf(record, descriptors);
      if (exit === undefined) return;
      looks.delete(look);
      resolve(exit);
    };
    watch(look);
  });
  return { pid: record.pid, exited, outputs: [] };
}

/** The checks of adopted processes. */
const looks = new Set<() => void>();
let watching = false;

function watch(look: () => void): void {
  looks.add(look);
  if (watching) return;
  watching = true;
  const lookAtAll = () => looks.forEach((look) => look());
  onSignal("SIGCHLD", lookAtAll);
  setInterval(lookAtAll, POLL_INTERVAL);
}

function exitOf(record: ProcessRecord, descriptors?: Descriptors): Exit | undefined {
  if (descriptors?.capabilities.reaps) {
    const exit = descriptors.reap(record.pid);
    // Its main thread may have ended before the others: then it looks like a zombie, but is not one
    // yet.
    if (exit === undefined || exit.error === undefined) return exit;
  }
  return isRunning(record) ? undefined : { code: 0 };
}
