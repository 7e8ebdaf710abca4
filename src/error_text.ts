/**
 * Formats errors for a console or a log.
 *
 * @module
 */

import { printable } from "./printable.ts";

/** The most causes to show, because an error can be its own cause. */
const MAX_CAUSES = 8;

/**
 * Formats what was thrown, with its stack and its causes. Messages can quote a peer, so each is
 * kept on one line, and its control characters are escaped.
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

/**
 * The lines of a stack after the message. V8 repeats the message there, and it can look like such
 * lines.
 */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== "string") return [];
  const { stack, message } = error;
  const places = stack.indexOf(message) + message.length;
  return stack.slice(stack.includes(message) ? places : 0).split("\n").filter((line) => {
    return /^ +at /.test(line);
  });
}
