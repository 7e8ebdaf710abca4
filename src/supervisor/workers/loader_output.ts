/**
 * What a process prints while it loads the app.
 *
 * @module
 */

import { withoutForeignFrames } from "../../stack_frames.ts";

/** How many of the last lines are kept, for error messages. */
const KEPT_LINES = 20;

/** How long a line waits to be logged, in ms: the last ones may be the reason of a failure. */
const WAIT = 500;

/** What a runtime prints after an error that has ended it. */
const VERSION_REGEXP = /^(Node\.js|Bun) v\d\S*( \(.*\))?$/;

/** The lines that a process prints while it loads the app. */
export class LoaderOutput {
  readonly #log: (line: string) => void;
  /** The lines that are not logged yet. */
  #waiting: string[] = [];
  readonly #last: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param log Logs a line. */
  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** The process has printed a line. */
  print(line: string): void {
    this.#waiting.push(line);
    this.#last.push(line);
    if (this.#last.length > KEPT_LINES) this.#last.shift();
    if (this.#waiting.length > KEPT_LINES) this.#log(this.#waiting.shift()!);
    this.#timer ??= setTimeout(() => this.flush(), WAIT);
  }

  /** Logs what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = [];
    for (const line of lines) this.#log(line);
  }

  /** The process has ended without a result: its last lines say why, and need not be logged, too. */
  takeReason(): string {
    this.#waiting = [];
    this.flush();
    const lines = withoutForeignFrames(this.#last);
    return lines.filter((line) => line.trim() !== "" && !VERSION_REGEXP.test(line)).join("\n");
  }
}
