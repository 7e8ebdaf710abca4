/**
 * The output of the service: the log file, or the supervisor's standard output. Only the supervisor
 * writes here, also for its workers. So lines are never mixed, and only one process has to reopen
 * the log file.
 *
 * @module
 */

import { BoundedWriter } from "../../bounded_writer.ts";
import { logLines, type LogSink } from "../../log.ts";
import type { Descriptors } from "../../runtime/descriptors.ts";
import { outputIsTerminal, writeInBackground } from "../../runtime/process/output.ts";
import { isInteractive, outputColumns, outputHasColours } from "../../runtime/process/terminal.ts";
import { LogFile } from "./log_file.ts";
import { type Style, styleOf } from "./style.ts";
import { terminalLines } from "./terminal_lines.ts";

/**
 * How many bytes may be queued if nothing reads standard output: some seconds of a busy service.
 */
const MAX_WAITING_OUTPUT = 4 * 1024 * 1024;

/**
 * The size that a pipe accepts atomically (`PIPE_BUF` on Linux), so that no line is cut when the
 * process ends.
 */
const CHUNK_SIZE = 4096;

/** The output of the service. */
export class Output implements LogSink {
  readonly #standard: BoundedWriter;
  readonly #descriptors: Descriptors | undefined;
  readonly #interactive = isInteractive();
  #file: LogFile | undefined;
  /** The line below the log. */
  #live = "";
  /** The colours of the terminal; none if it has none. */
  readonly style: Style = styleOf(outputHasColours());

  /**
   * @param path The log file; standard output by default.
   * @param descriptors Redirects other descriptors of the log file when it is reopened.
   * @param lost How many lines the previous supervisor has lost.
   * @throws {GoerError} If the file cannot be opened.
   */
  constructor(path?: string, descriptors?: Descriptors, lost = 0) {
    if (path !== undefined) this.#file = new LogFile(path, lost);
    this.#descriptors = descriptors;
    this.#standard = new BoundedWriter({
      send: writeInBackground,
      limit: MAX_WAITING_OUTPUT,
      chunkSize: CHUNK_SIZE,
      report: (count) =>
        logLines("warn", "supervisor", `${count} lines were dropped: nobody read the output`),
    }, path === undefined ? lost : 0);
  }

  /** The file's descriptor, for the output of a child. */
  get descriptor(): number | undefined {
    return this.#file?.descriptor;
  }

  /** True if it is a terminal. */
  get isTerminal(): boolean {
    return this.#file === undefined && outputIsTerminal();
  }

  /** True if a person reads it: it is a terminal, and not one of CI. */
  get isInteractive(): boolean {
    return this.#file === undefined && this.#interactive;
  }

  /** Writes whole lines. On a terminal that a person reads, log lines are shortened. */
  write(lines: string | Uint8Array): void {
    if (lines.length === 0) return;
    if (this.#file) this.#file.write(lines);
    else if (this.#interactive) this.show(terminalLines(textOf(lines), this.style));
    else this.#standard.write(typeof lines === "string" ? new TextEncoder().encode(lines) : lines);
  }

  /** Writes text to the terminal as it is. */
  show(text: string): void {
    const whole = this.#live === "" ? text : `\r\x1b[K${text}${this.#live}`;
    this.#standard.write(new TextEncoder().encode(whole));
  }

  /** Shows a line below the log in place of the previous one, on a terminal that a person reads. */
  live(text: string): void {
    if (!this.isInteractive || text === this.#live) return;
    // A line that wraps could not be replaced.
    this.#live = text.slice(0, outputColumns() - 1);
    this.#standard.write(new TextEncoder().encode(`\r${this.#live}\x1b[K`));
  }

  /** Continues in a file. @throws {GoerError} If it cannot be opened. */
  useFile(path: string): void {
    this.#file = new LogFile(path);
  }

  /**
   * Opens the file's path again, after another program has renamed the file. Other descriptors of
   * this process for the old file are redirected. If it cannot be opened, the old one is used.
   */
  reopen(): void {
    try {
      this.#file?.reopen((before, after) => this.#descriptors?.redirect(before, after));
    } catch (error) {
      this.write(logLines("error", "supervisor", `Cannot open the log file again: ${error}`));
    }
  }

  /** Nothing reads standard output any more: redirects it to the file. */
  takeStandardOutput(): void {
    if (this.#file) this.#descriptors?.redirect(1, this.#file.descriptor);
  }

  /** Resolves when the queue is empty. */
  get idle(): Promise<void> {
    return this.#standard.idle;
  }

  /** How many lost lines have not been reported. */
  get lost(): number {
    return this.#standard.lost + (this.#file?.lost ?? 0);
  }

  /** Hands the output over to a new supervisor. Queued lines are lost and counted. */
  leave(): void {
    this.#standard.discard();
  }
}

function textOf(lines: string | Uint8Array): string {
  return typeof lines === "string" ? lines : new TextDecoder().decode(lines);
}
