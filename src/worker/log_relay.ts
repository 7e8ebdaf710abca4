/**
 * Sends the log lines of a worker to the supervisor, which writes them. They use the channel, which
 * queues what the supervisor has not read, so that the worker never waits.
 *
 * @module
 */

import { BoundedWriter } from "../bounded_writer.ts";
import { logLines, type LogOrigin, type LogSink } from "../log.ts";
import type { AppendFile } from "../runtime/files/append_file.ts";
import { writeLastOutput, writeOutput } from "../runtime/process/output.ts";
import { onExit } from "../runtime/process/process.ts";
import { describeError } from "../supervisor/ipc/describe_error.ts";
import { openLogFile } from "../supervisor/output/log_file.ts";
import type { SupervisorLink } from "./supervisor_link.ts";

/**
 * How many bytes of log lines are queued in a worker while the supervisor does not read, as during
 * an upgrade.
 */
const MAX_WAITING_LOG = 4 * 1024 * 1024;

/** The size of a frame, in bytes: small enough that messages do not wait long for it. */
const CHUNK_SIZE = 65_536;

/** Options of {@linkcode LogRelay}. */
export interface LogRelayOptions {
  /** The log file, which is used when there is no supervisor. */
  path?: string;
  /**
   * True if the supervisor accepts log lines over the connection. One of an earlier version may
   * not.
   */
  relays: boolean;
}

/** Sends a worker's log lines to the supervisor, or writes them itself when there is none. */
export class LogRelay implements LogSink {
  readonly #origin: LogOrigin;
  readonly #path: string | undefined;
  readonly #relays: boolean;
  #writer: BoundedWriter | undefined;
  #file: AppendFile | undefined;

  constructor(origin: LogOrigin, { path, relays }: LogRelayOptions) {
    this.#origin = origin;
    this.#path = path;
    this.#relays = relays;
    onExit(() => {
      if (this.#writer) writeLastOutput(new TextDecoder().decode(this.#writer.unsent));
    });
  }

  /** From here on, lines are sent over the connection, if the supervisor accepts them. */
  attach(link: SupervisorLink): void {
    if (!this.#relays) return;
    this.#writer = new BoundedWriter({
      send: (chunk, done) => link.sendOutput(chunk, done),
      limit: MAX_WAITING_LOG,
      chunkSize: CHUNK_SIZE,
      report: (lost) =>
        logLines(
          "warn",
          this.#origin,
          `${lost} lines were dropped: the supervisor did not read them`,
        ),
    });
  }

  /** The supervisor is being replaced: what is sent now could be lost. */
  hold(): void {
    this.#writer?.hold();
  }

  /** The supervisor reads again. */
  release(): void {
    this.#writer?.release();
  }

  write(lines: string): void {
    if (this.#writer) this.#writer.write(new TextEncoder().encode(lines));
    else if (this.#file) this.#file.write(lines);
    else writeOutput(lines);
  }

  /**
   * The link is about to end: queued lines go to standard output, which the supervisor still reads.
   */
  detach(): void {
    const waiting = this.#writer?.waiting;
    this.#writer = undefined;
    if (waiting) writeLastOutput(new TextDecoder().decode(waiting));
  }

  /** Nothing reads this process's output any more: its lines go directly to the log file. */
  useFile(): void {
    const unsent = this.#writer?.unsent;
    this.#writer = undefined;
    if (this.#path === undefined) return;
    try {
      this.#file = openLogFile(this.#path);
    } catch (error) {
      // A problem with the log file must not stop the worker.
      this.write(logLines("error", this.#origin, describeError(error)));
    }
    if (unsent) this.write(new TextDecoder().decode(unsent));
  }
}
