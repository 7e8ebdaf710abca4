/**
 * Log lines for a terminal: a short time, and the level in its colour.
 *
 * @module
 */

import type { Style } from "./style.ts";

const LINE_REGEXP = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (debug|info|warn|error) ([^:]*): /;

/** Makes log lines short for a terminal. Other lines are kept as they are. */
export function terminalLines(lines: string, style: Style): string {
  return lines.split("\n").map((line) => terminalLine(line, style)).join("\n");
}

function terminalLine(line: string, style: Style): string {
  const match = LINE_REGEXP.exec(line);
  if (match === null) return line;
  const [head, time, level, origin] = match;
  const rest = line.slice(head.length);
  const text = level === "error" ? textOfError(rest, style) : rest;
  return `${style.dim(localTime(time))} ${levelText(level, style)} ${style.dim(origin)} ${text}`;
}

/** The time of day where the terminal is. */
function localTime(time: string): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

function levelText(level: string, style: Style): string {
  const colour = level === "error"
    ? style.red
    : level === "warn"
    ? style.yellow
    : level === "info"
    ? style.green
    : style.dim;
  return colour(level.padEnd(5));
}

function textOfError(text: string, style: Style): string {
  return /^ +…/.test(text) ? style.dim(text) : text;
}
