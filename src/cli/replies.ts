/**
 * Shows what a supervisor answers to a command.
 *
 * @module
 */

import { printable } from "../printable.ts";
import { writeErrorOutput, writeOutput, writeStyled } from "../runtime/process/output.ts";
import { isInteractive, outputColumns } from "../runtime/process/terminal.ts";
import type { CommandReply } from "../supervisor/ipc/messages.ts";

/** How replies are shown. */
interface ReplyOptions {
  /** As JSON, one reply per line. */
  json: boolean;
}

/** How often a live line changes, in ms. */
const LIVE_INTERVAL = 1000;

/** The line that the next one replaces. */
let live = "";

/** Shows a reply, as text or as JSON. */
export function printReply(reply: CommandReply, { json }: ReplyOptions): void {
  if (reply.type === "progress" && reply.live) return showLive(reply.text, { json });
  showLive("", { json });
  if (json) writeOutput(JSON.stringify(reply) + "\n");
  else if (reply.type === "progress") writeOutput(`${reply.text} …\n`);
  else if (reply.ok) writeOutput(`${reply.text}\n`);
  else writeErrorOutput(`goer: ${reply.text}\n`);
}

/** Shows what a command waits for, until the next reply. Only on a terminal that a person reads. */
export function showLive(text: string, { json }: ReplyOptions): void {
  if (json || text === live || !isInteractive()) return;
  live = text;
  // A line that wraps could not be replaced.
  writeStyled(`\r${printable(text).slice(0, outputColumns() - 1)}\x1b[K`);
}

/** Shows what takes time and for how long, once a second until `work` is done. */
export async function whileShown<T>(
  text: string,
  options: ReplyOptions,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const timer = setInterval(() => {
    showLive(`${text}, ${Math.floor((performance.now() - start) / 1000)} s`, options);
  }, LIVE_INTERVAL);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    showLive("", options);
  }
}
