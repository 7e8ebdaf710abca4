/**
 * Formats errors for a console or a log.
 *
 * @module
 */

import { printable } from "./printable.ts";

/** How many causes are shown at most: an error may be its own cause. */
const MAX_CAUSES = 8;

/**
 * Formats what was thrown, with its stack and its causes. Messages may quote a peer: each is kept on one
 * line, and its control characters are escaped.
 */
export function errorText(thrown: unknown): string {
  const lines: string[] = [];
  let error = thrown;
  for (let count = 0; count < MAX_CAUSES; count++) {
    try {
      lines.push(`${count === 0 ? "" : "caused by "}${headOf(error)}`, ...framesOf(error));
      error = error instanceof Error ? error.cause : undefined;
    } catch {
      lines.push("the thrown value cannot be shown");
      break;
    }
    if (error === undefined) break;
  }
  return lines.map(printable).join("\n");
}

function headOf(error: unknown): string {
  if (!(error instanceof Error)) return `${String(error)} (${typeof error})`;
  const { code } = error as { code?: unknown };
  return `${error.name}${typeof code === "string" ? ` ${code}` : ""}: ${error.message}`;
}

/** The lines of a stack after the message, which V8 repeats there and which may look like such lines. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== "string") return [];
  const { stack, message } = error;
  const places = stack.indexOf(message) + message.length;
  return stack.slice(stack.includes(message) ? places : 0).split("\n").filter((line) => {
    return /^ +at /.test(line);
  });
}
