/**
 * A worker, as the supervisor holds it: a process, and the channel that it was started with.
 *
 * @module
 */

import { isRunning, type ProcessRecord } from "../../runtime/files/claim.ts";
import type { Descriptors } from "../../runtime/descriptors.ts";
import { type ChildProcess, type Exit, kill, onSignal } from "../../runtime/process/process.ts";
import type { Channel } from "../ipc/channel.ts";
import type { WorkerMessage, WorkerOrder } from "../ipc/messages.ts";
import type { OutputReader } from "../output/output_reader.ts";

/** How often a process is looked at that another image started, in ms, when no signal comes. */
const POLL_INTERVAL = 200;

/** A worker process. */
export class WorkerProcess {
  readonly id: number;
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly exited: Promise<Exit>;
  /** When it was started, in ms since 1970. */
  readonly startedAt: number;
  /** Where its services listen, by their keys: as it told when it was ready. */
  addresses: Record<string, string> = {};
  /** Why it failed, in its own words. */
  failure = "";
  /** It has said so. */
  ready = false;
  /** Reads its output. */
  readonly output: OutputReader;
  #channel: Channel<WorkerMessage> | undefined;

  constructor(id: number, child: ChildProcess, output: OutputReader, startedAt: number) {
    this.id = id;
    this.output = output;
    this.pid = child.pid;
    this.exited = child.exited;
    this.startedAt = startedAt;
  }

  /** It is spoken to over this. */
  attach(channel: Channel<WorkerMessage>): void {
    this.#channel = channel;
  }

  /** The channel, while it is open. */
  get channel(): Channel<WorkerMessage> | undefined {
    return this.#channel?.open ? this.#channel : undefined;
  }

  /** Tells it something; false if its connection is closed. */
  send(order: WorkerOrder): boolean {
    this.channel?.send(order);
    return this.channel !== undefined;
  }

  /** Has it finish and leave. */
  drain(order: WorkerOrder & { type: "drain" }): void {
    if (!this.send(order)) kill(this.pid, "SIGTERM");
  }

  /** Ends it at once. */
  kill(): void {
    kill(this.pid, "SIGKILL");
  }

  /** How it ended, in words. */
  static describeExit({ code, signal, error }: Exit, failure: string): string {
    if (error !== undefined) return `could not be started: ${error}`;
    const how = signal === undefined ? `exited with code ${code}` : `was killed by ${signal}`;
    return failure === "" ? how : `${how}: ${failure}`;
  }
}

/**
 * A process that an earlier image of this one, or another supervisor, has started. The runtime knows
 * nothing of it: it is reaped here.
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

/** What looks after each adopted process. */
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
    // Its main thread may have ended before the others: it looks like a zombie, and is none yet.
    if (exit === undefined || exit.error === undefined) return exit;
  }
  return isRunning(record) ? undefined : { code: 0 };
}
