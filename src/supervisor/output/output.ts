/**
 * The output of the service: the log file, or the supervisor's standard output. All that the supervisor
 * and its workers have to say is written here, by the supervisor alone: so no line is cut by another one,
 * and one process moves on when the log file does.
 *
 * @module
 */

import { BoundedWriter } from "../../bounded_writer.ts";
import { logLines, type LogSink } from "../../log.ts";
import type { AppendFile } from "../../runtime/files/append_file.ts";
import type { Descriptors } from "../../runtime/descriptors.ts";
import { outputIsTerminal } from "../../runtime/process/process.ts";
import { writeInBackground } from "../../runtime/process/standard_output.ts";
import { openLogFile } from "./log_file.ts";

/** How many bytes wait where nobody reads standard output: some seconds of a talkative service. */
const MAX_WAITING_OUTPUT = 4 * 1024 * 1024;

/** What a pipe takes whole or not at all (`PIPE_BUF` on Linux): no line is cut when this process ends. */
const CHUNK_SIZE = 4096;

/** The output of the service. */
export class Output implements LogSink {
  readonly #standard: BoundedWriter;
  readonly #descriptors: Descriptors | undefined;
  #file: AppendFile | undefined;

  /**
   * @param path The log file; standard output where there is none.
   * @param descriptors Moves what else leads to the file when that is opened again.
   * @param lost How many lines an earlier image of the supervisor has lost.
   * @throws {GoerError} If the file cannot be opened.
   */
  constructor(path?: string, descriptors?: Descriptors, lost = 0) {
    if (path !== undefined) this.#file = openLogFile(path);
    this.#descriptors = descriptors;
    this.#standard = new BoundedWriter({
      send: writeInBackground,
      limit: MAX_WAITING_OUTPUT,
      chunkSize: CHUNK_SIZE,
      report: (count) =>
        logLines("warn", "supervisor", `${count} lines were dropped: nobody read the output`),
    }, lost);
  }

  /** The file's descriptor, for the output of a child. */
  get descriptor(): number | undefined {
    return this.#file?.descriptor;
  }

  /** A person reads it. */
  get isTerminal(): boolean {
    return this.#file === undefined && outputIsTerminal();
  }

  /** Writes whole lines. */
  write(lines: string | Uint8Array): void {
    if (lines.length === 0) return;
    if (this.#file) this.#file.write(lines);
    else this.#standard.write(typeof lines === "string" ? new TextEncoder().encode(lines) : lines);
  }

  /** Goes on in a file. @throws {GoerError} If that cannot be opened. */
  useFile(path: string): void {
    this.#file = openLogFile(path);
  }

  /**
   * Opens the file's path again: another program has renamed the file. What else of this process leads to
   * the old one moves along. Where it cannot be opened, the old one is written to.
   */
  reopen(): void {
    try {
      this.#file?.reopen((before, after) => this.#descriptors?.redirect(before, after));
    } catch (error) {
      this.write(logLines("error", "supervisor", `Cannot open the log file again: ${error}`));
    }
  }

  /** Nobody reads standard output any more: from here on it leads to the file. */
  takeStandardOutput(): void {
    if (this.#file) this.#descriptors?.redirect(1, this.#file.descriptor);
  }

  /** Resolves when nothing waits to be written. */
  get idle(): Promise<void> {
    return this.#standard.idle;
  }

  /** How many lines are lost of which nobody was told. */
  get lost(): number {
    return this.#standard.lost;
  }

  /** Leaves the output to another image: what nobody has read yet is lost, and counted. */
  leave(): void {
    this.#standard.discard();
  }
}
