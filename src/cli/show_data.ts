/**
 * Shows data of a supervisor: once, or again and again.
 *
 * @module
 */

import { printableLines } from "../printable.ts";
import { FullScreen } from "../runtime/process/full_screen.ts";
import { delay } from "../runtime/process/native_timer.ts";
import { endWithReader, writeOutput } from "../runtime/process/output.ts";
import { exit } from "../runtime/process/process.ts";
import { onSignal } from "../runtime/process/signals.ts";
import { isInteractive, outputColumns } from "../runtime/process/terminal.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT_CODES } from "./usage.ts";

/** How often `--watch` refreshes, in ms. */
const WATCH_INTERVAL = 1000;

/** The keys that end a screen: q, Ctrl+C, Ctrl+D. */
export const QUIT_KEYS: readonly string[] = ["q", "\x03", "\x04"];

/** Where data comes from, and how it is shown. */
export interface DataSource<T> {
  /** Gets the data; `undefined` if the app does not run. */
  inquire(): Promise<T | undefined>;
  /** The data for people, in lines of at most `width` columns. */
  text(data: T, width: number): string;
}

/**
 * Shows data as text or JSON. With `--watch`, shows it each second, on a terminal as a full screen.
 *
 * @returns False if the app does not run.
 */
export async function showData<T>(read: Arguments, source: DataSource<T>): Promise<boolean> {
  if (read.watch && !read.json && isInteractive()) return await watchData(source);
  if (read.watch) {
    onSignal("SIGINT", () => exit(EXIT_CODES.done));
    endWithReader();
  }
  while (true) {
    const data = await source.inquire();
    if (data === undefined) return false;
    writeOutput(read.json ? JSON.stringify(data) + "\n" : source.text(data, outputColumns()));
    if (!read.watch) return true;
    await delay(WATCH_INTERVAL);
  }
}

async function watchData<T>({ inquire, text }: DataSource<T>): Promise<boolean> {
  const first = await inquire();
  if (first === undefined) return false;
  const screen = new FullScreen((key) => QUIT_KEYS.includes(key) && exit(EXIT_CODES.done));
  try {
    for (let data: T | undefined = first; data !== undefined; data = await inquire()) {
      screen.draw(printableLines(text(data, outputColumns())), "q quits. Refreshed every second");
      await delay(WATCH_INTERVAL);
    }
    return false;
  } finally {
    screen.close();
  }
}
