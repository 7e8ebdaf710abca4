/**
 * The log lines of a worker on their way to the supervisor, which writes them. They take the channel: it
 * holds what the supervisor has not read yet, and a worker waits for nobody.
 *
 * @module
 */

import { BoundedWriter } from "../bounded_writer.ts";
import { logLines, type LogSink } from "../log.ts";
import type { AppendFile } from "../runtime/files/append_file.ts";
import { onExit, writeLastOutput, writeOutput } from "../runtime/process/process.ts";
import { describeError } from "../supervisor/ipc/describe_error.ts";
import { openLogFile } from "../supervisor/output/log_file.ts";
import type { SupervisorLink } from "./supervisor_link.ts";

/** How many bytes of log lines wait in a worker while the supervisor does not read, as over an upgrade. */
const MAX_WAITING_LOG = 4 * 1024 * 1024;

/** So much is sent in one frame, in bytes: messages do not wait long behind it. */
const CHUNK_SIZE = 65_536;

/** What {@linkcode LogRelay} takes. */
export interface LogRelayOptions {
  /** The log file, for when there is no supervisor any more. */
  path?: string;
  /** The supervisor takes log lines over the connection: one of an earlier version may not. */
  relays: boolean;
}

/** Takes a worker's log lines to the supervisor; or where it writes itself, when there is none. */
export class LogRelay implements LogSink {
  readonly #origin: string;
  readonly #path: string | undefined;
  readonly #relays: boolean;
  #writer: BoundedWriter | undefined;
  #file: AppendFile | undefined;

  constructor(origin: string, { path, relays }: LogRelayOptions) {
    this.#origin = origin;
    this.#path = path;
    this.#relays = relays;
    onExit(() => {
      if (this.#writer) writeLastOutput(new TextDecoder().decode(this.#writer.unsent));
    });
  }

  /** From here on lines take this way, where the supervisor takes them. */
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

  /** The link is about to end: what waits goes to standard output, which the supervisor reads on. */
  detach(): void {
    const waiting = this.#writer?.waiting;
    this.#writer = undefined;
    if (waiting) writeLastOutput(new TextDecoder().decode(waiting));
  }

  /** Nobody reads what this process writes: from here on its lines go to the log file itself. */
  useFile(): void {
    const unsent = this.#writer?.unsent;
    this.#writer = undefined;
    if (this.#path === undefined) return;
    try {
      this.#file = openLogFile(this.#path);
    } catch (error) {
      // What others do to the log file is no reason not to serve.
      this.write(logLines("error", this.#origin, describeError(error)));
    }
    if (unsent) this.write(new TextDecoder().decode(unsent));
  }
}
