/**
 * Gathers what one turn of the event loop sends, so that it leaves in one write per connection.
 *
 * @module
 */

/** Who has something to write at the end of the turn. */
export interface Writer {
  /** Writes what has gathered. */
  writeOut(): void;
}

let writers: Writer[] = [];

/** Calls `writer.writeOut()` when the code that is running now has returned. */
export function writeAtEndOfTurn(writer: Writer): void {
  if (writers.push(writer) === 1) queueMicrotask(writeAll);
}

function writeAll(): void {
  const gathered = writers;
  writers = [];
  for (const writer of gathered) writer.writeOut();
}
