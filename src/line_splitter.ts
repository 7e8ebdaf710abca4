/**
 * Splits bytes into lines.
 *
 * @module
 */

/** The longest line, in bytes. A longer one is split, to limit the reader's memory. */
export const MAX_LINE_SIZE = 1024 * 1024;

const NEWLINE = 10;

/** The end of each piece of a line that is too long, except the last. */
const CUT = new TextEncoder().encode(" [line too long: continued]\n");

/** Splits bytes into lines. The result does not depend on how the bytes are cut. */
export class LineSplitter {
  readonly #limit: number;
  #rest: Uint8Array[] = [];
  #restSize = 0;

  /**
   * @param rest The rest of another splitter.
   * @param limit The longest line, in bytes.
   */
  constructor(rest?: Uint8Array, limit: number = MAX_LINE_SIZE) {
    this.#limit = limit;
    if (rest) this.#keep(rest);
  }

  /** Adds bytes. Returns the complete lines, with their ends. */
  push(bytes: Uint8Array): Uint8Array {
    const whole: Uint8Array[] = [];
    let taken = 0;
    let start = 0;
    while (true) {
      const end = bytes.indexOf(NEWLINE, start);
      const room = this.#limit - this.#restSize;
      if ((end < 0 ? bytes.length : end) - start > room) {
        whole.push(...this.#takeRest(), bytes.subarray(taken, start + room), CUT);
        taken = start = start + room;
        continue;
      }
      if (end < 0) break;
      whole.push(...this.#takeRest());
      start = end + 1;
    }
    whole.push(bytes.subarray(taken, start));
    this.#keep(bytes.slice(start));
    return joined(whole);
  }

  /** No bytes follow. Returns the incomplete line, with an end. */
  end(): Uint8Array {
    if (this.#restSize === 0) return new Uint8Array();
    return joined([...this.#takeRest(), Uint8Array.of(NEWLINE)]);
  }

  /** The start of an incomplete line. */
  get rest(): Uint8Array {
    return joined(this.#rest);
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#rest.push(bytes);
    this.#restSize += bytes.length;
  }

  #takeRest(): Uint8Array[] {
    this.#restSize = 0;
    return this.#rest.splice(0);
  }
}

function joined(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
