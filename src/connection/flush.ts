/**
 * Collects what one turn of the event loop sends, so that each connection writes once.
 *
 * @module
 */

/** Writes at the end of the turn. */
export interface Writer {
  /** Writes what has been collected. */
  writeOut(): void;
}

let writers: Writer[] = [];

/** Calls `writer.writeOut()` when the code that is now running has returned. */
export function writeAtEndOfTurn(writer: Writer): void {
  if (writers.push(writer) === 1) queueMicrotask(writeAll);
}

function writeAll(): void {
  const gathered = writers;
  writers = [];
  for (const writer of gathered) writer.writeOut();
}
