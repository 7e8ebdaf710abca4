/**
 * Formats errors for a console or a log.
 *
 * @module
 */

import { cut, printable } from "./printable.ts";
import { foldFrames, isFrame } from "./stack_frames.ts";

/** The most causes to show, because an error can be its own cause. */
const MAX_CAUSES = 8;

/**
 * Formats what was thrown, with its stack and its causes. The lines of Goer and the runtime are
 * counted, unless there are no others. Messages can quote a peer, so each is kept on one line, and
 * its control characters are escaped.
 */
export function errorText(thrown: unknown): string {
  const chain = chainOf(thrown);
  const folded = chain.map(({ frames }) => foldFrames(frames));
  const shown = folded.some((frames) => frames.length > 0)
    ? folded
    : chain.map(({ frames }) => frames);
  return chain.flatMap(({ head }, index) => [head, ...shown[index]]).map(printable).join("\n");
}

/** An error or one of its causes. */
interface Link {
  head: string;
  frames: string[];
}

function chainOf(thrown: unknown): Link[] {
  const links: Link[] = [];
  let error = thrown;
  for (let count = 0; count < MAX_CAUSES; count++) {
    try {
      links.push({
        head: cut(`${count === 0 ? "" : "caused by "}${headOf(error)}`),
        frames: framesOf(error),
      });
      error = error instanceof Error ? error.cause : undefined;
    } catch {
      links.push({ head: "the thrown value cannot be shown", frames: [] });
      break;
    }
    if (error === undefined) break;
  }
  return links;
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
  return stack.slice(stack.includes(message) ? places : 0).split("\n").filter(isFrame);
}
