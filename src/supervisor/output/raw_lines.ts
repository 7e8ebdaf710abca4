/**
 * Lines that a worker and its libraries write to standard output directly, for a log of JSON.
 *
 * @module
 */

import { logFormat, logLines, type LogOrigin } from "../../log.ts";

/** The lines as they are, or as JSON if that is the format of the log. */
export function rawLines(lines: Uint8Array, origin: LogOrigin): Uint8Array {
  if (logFormat() === "text" || lines.length === 0) return lines;
  const written = new TextDecoder().decode(lines).split("\n").slice(0, -1);
  return new TextEncoder().encode(written.map((line) => jsonOf(line, origin)).join(""));
}

/** Libraries such as pino write JSON themselves. */
function jsonOf(line: string, origin: LogOrigin): string {
  return isJsonObject(line) ? `${line}\n` : logLines("info", origin, line);
}

function isJsonObject(line: string): boolean {
  if (!line.startsWith("{") || !line.endsWith("}")) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
