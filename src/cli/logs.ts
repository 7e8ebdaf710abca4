/**
 * `goer logs`: the end of an app's log file.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { LineSplitter } from "../line_splitter.ts";
import { printableLines } from "../printable.ts";
import { fileExists } from "../runtime/files/file_system.ts";
import { fileState, linesBackwards, readPart } from "../runtime/files/tail.ts";
import { delay } from "../runtime/process/native_timer.ts";
import { endWithReader, writeOutput, writeStyled } from "../runtime/process/output.ts";
import { exit } from "../runtime/process/process.ts";
import { onSignal } from "../runtime/process/signals.ts";
import { isInteractive, outputHasColours } from "../runtime/process/terminal.ts";
import { styleOf } from "../supervisor/output/style.ts";
import { terminalLines } from "../supervisor/output/terminal_lines.ts";
import type { Arguments } from "./arguments.ts";
import { inquireStatus } from "./control.ts";
import { runningDirectory } from "./target.ts";
import { EXIT_CODES } from "./usage.ts";

/** How many lines are shown by default. */
const DEFAULT_LINES = 100;

/** How often a followed file is looked at, in ms: watching it would miss a rotation. */
const LOOK_INTERVAL = 200;

/** The levels, from the least severe. */
const LEVELS = ["debug", "info", "warn", "error"];

/** `goer logs` */
export async function logs(read: Arguments): Promise<number> {
  const path = await logFileOf(read);
  const { size } = fileState(path) ?? { size: 0 };
  const shown: string[] = [];
  const most = read.lines ?? DEFAULT_LINES;
  for (const line of size === 0 ? [] : linesBackwards(path, size)) {
    if (shown.length === most) break;
    if (isAskedFor(line, read)) shown.push(line);
  }
  if (read.follow) endWithReader();
  print(shown.reverse());
  if (!read.follow) return EXIT_CODES.done;
  onSignal("SIGINT", () => exit(EXIT_CODES.done));
  return await follow(path, size, read);
}

async function logFileOf(read: Arguments): Promise<string> {
  const directory = runningDirectory(read);
  const status = await inquireStatus(directory, read);
  const path = status?.logFile ?? directory.log;
  if (path !== "" && fileExists(path)) return path;
  const reason = status === undefined
    ? `there is no log file at ${directory.log}`
    : "it writes to the output of its start. Start it with -d or --log-file <path>";
  throw new GoerError("GOER_SUPERVISOR", `Cannot show the log: ${reason}`);
}

/** Shows what is added to the file, also after it was replaced by a new one. */
async function follow(path: string, from: number, read: Arguments): Promise<never> {
  let position = from;
  let identity = fileState(path)?.identity;
  let lines = new LineSplitter();
  while (true) {
    const state = fileState(path);
    if (state !== undefined && (state.identity !== identity || state.size < position)) {
      identity = state.identity;
      position = 0;
      lines = new LineSplitter();
    }
    while (state !== undefined && position < state.size) {
      const bytes = readPart(path, position, state.size);
      position += bytes.length;
      if (bytes.length === 0) break;
      const text = new TextDecoder().decode(lines.push(bytes));
      print(text.split("\n").slice(0, -1).filter((line) => isAskedFor(line, read)));
    }
    await delay(LOOK_INTERVAL);
  }
}

/** True if no filter of the command line excludes a line. */
function isAskedFor(line: string, { worker, level }: Arguments): boolean {
  if (worker === undefined && level === undefined) return true;
  const found = partsOf(line);
  if (found === undefined) return false;
  return (worker === undefined || found.worker === worker) &&
    (level === undefined || LEVELS.indexOf(found.level) >= LEVELS.indexOf(level));
}

/** The level and the worker of a line, which is text or JSON. */
function partsOf(line: string): { level: string; worker?: number } | undefined {
  const match = /^[\d-]+T[\d:.]+Z (\w+) (?:supervisor|worker (\d+)): /.exec(line);
  if (match) return { level: match[1], worker: match[2] ? Number(match[2]) : undefined };
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function print(lines: readonly string[]): void {
  if (lines.length === 0) return;
  const text = lines.map((line) => `${line}\n`).join("");
  const colours = outputHasColours();
  if (!isInteractive() && !colours) return writeOutput(text);
  writeStyled(terminalLines(printableLines(text), styleOf(colours)));
}
