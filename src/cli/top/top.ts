/**
 * `goer top`: a running app on a full screen.
 *
 * @module
 */

import { printable } from "../../printable.ts";
import { FullScreen } from "../../runtime/process/full_screen.ts";
import { delay } from "../../runtime/process/native_timer.ts";
import { exit } from "../../runtime/process/process.ts";
import {
  isInteractive,
  outputColumns,
  outputHasColours,
  outputRows,
} from "../../runtime/process/terminal.ts";
import type { RuntimeDirectory } from "../../supervisor/directory/runtime_directory.ts";
import { describeFailure } from "../../supervisor/ipc/describe_error.ts";
import { styleOf } from "../../supervisor/output/style.ts";
import type { Arguments } from "../arguments.ts";
import { inquireConnections, inquireStatus, notRunning, request } from "../control.ts";
import { QUIT_KEYS } from "../show_data.ts";
import { runningDirectory } from "../target.ts";
import { EXIT_CODES } from "../usage.ts";
import { UsageError } from "../words.ts";
import { type Sample, sumOfRates, workerRows } from "./samples.ts";
import { rowsOf, topText, type TopView } from "./screen.ts";

/** How often it refreshes, in ms. */
const INTERVAL = 1000;

/** How many values the chart has: a minute. */
const HISTORY = 60;

/** With more connections than this, their list is only read every fifth time. */
const MANY_CONNECTIONS = 5000;
const SELDOM = 5;

const UP = ["\x1b[A", "\x1bOA", "k"];
const DOWN = ["\x1b[B", "\x1bOB", "j"];
const ENTER = ["\r", "\n"];
const ESCAPE = "\x1b";

/** `goer top` */
export async function top(read: Arguments): Promise<number> {
  if (!isInteractive()) {
    throw new UsageError("goer top needs a terminal. In a pipe, use goer status --watch");
  }
  const directory = runningDirectory(read);
  const first = await sampleOf(directory, read);
  if (first === undefined) return notRunning(directory, read);
  const screen = new TopScreen(first, directory, read);
  try {
    await screen.run();
  } finally {
    screen.close();
  }
  return notRunning(directory, read);
}

/** What is known now; `undefined` if the app does not run. */
async function sampleOf(
  directory: RuntimeDirectory,
  read: Arguments,
  known?: Sample,
): Promise<Sample | undefined> {
  const report = await inquireStatus(directory, read);
  const connections = known?.connections ?? await inquireConnections(directory, read);
  if (report === undefined || connections === undefined) return undefined;
  return { time: performance.now(), report, connections };
}

/** The screen, and what a person does with it. */
class TopScreen {
  readonly #screen: FullScreen;
  readonly #style = styleOf(outputHasColours());
  readonly #directory: RuntimeDirectory;
  readonly #read: Arguments;
  #view: TopView;
  /** Replaces the keys in the last line. */
  #message = "";
  /** True while it asks whether to reload. */
  #asks = false;

  constructor(now: Sample, directory: RuntimeDirectory, read: Arguments) {
    this.#directory = directory;
    this.#read = read;
    this.#view = { now, history: [], inspects: false };
    this.#screen = new FullScreen((key) => this.#press(key));
    this.#draw();
  }

  close(): void {
    this.#screen.close();
  }

  /** Refreshes until the app does not run any more. */
  async run(): Promise<void> {
    for (let round = 1;; round++) {
      await delay(INTERVAL);
      const { now, history } = this.#view;
      const skips = now.connections.length > MANY_CONNECTIONS && round % SELDOM !== 0;
      try {
        const next = await sampleOf(this.#directory, this.#read, skips ? now : undefined);
        if (next === undefined) return;
        const { messages } = sumOfRates(workerRows(now, next));
        const values = [...history, messages].slice(-HISTORY);
        this.#view = { ...this.#view, before: now, now: next, history: values };
      } catch (error) {
        this.#message = describeFailure(error);
      }
      this.#draw();
    }
  }

  #press(key: string): void {
    if (this.#asks) {
      this.#asks = false;
      if (key === "y") void this.#reload();
      else this.#message = "";
    } else if (QUIT_KEYS.includes(key)) exit(EXIT_CODES.done);
    else if (UP.includes(key)) this.#move(-1);
    else if (DOWN.includes(key)) this.#move(1);
    else if (ENTER.includes(key)) this.#inspect();
    else if (key === ESCAPE) this.#back();
    else if (key === "r") {
      this.#asks = true;
      this.#message = "Reload the app? y reloads, any other key does not";
    }
    this.#draw();
  }

  #move(step: number): void {
    const rows = rowsOf(this.#view, outputRows() - 1);
    const at = rows.findIndex(({ key }) => key === this.#view.selected);
    const next = at === -1 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
    this.#message = "";
    this.#view = { ...this.#view, selected: rows[next]?.key };
  }

  #inspect(): void {
    if (this.#view.selected === undefined) this.#move(1);
    this.#view = { ...this.#view, inspects: !this.#view.inspects };
  }

  #back(): void {
    const { inspects, selected } = this.#view;
    this.#message = "";
    this.#view = { ...this.#view, inspects: false, selected: inspects ? selected : undefined };
  }

  async #reload(): Promise<void> {
    const tell = (text: string) => {
      this.#message = printable(text.split("\n")[0]);
      this.#draw();
    };
    try {
      const outcome = await request(
        this.#directory,
        "reload",
        this.#read,
        ({ text }) => tell(text),
      );
      tell(outcome?.text ?? "The app does not run any more");
    } catch (error) {
      tell(describeFailure(error));
    }
  }

  #draw(): void {
    const { inspects } = this.#view;
    const columns = outputColumns();
    const layout = { columns, rows: outputRows() - 1, style: this.#style };
    const keys = inspects
      ? "q quit  r reload  Esc back"
      : "q quit  r reload  ↑↓ select  Enter inspect";
    const footer = this.#message === "" ? this.#style.dim(keys) : this.#message;
    this.#screen.draw(topText(this.#view, layout), footer);
  }
}
