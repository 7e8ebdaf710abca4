/**
 * Validates UTF-8 as it arrives.
 *
 * @module
 */

/**
 * Checks UTF-8 (RFC 3629) piece by piece, wherever it is split, and fails at the first byte that
 * cannot be valid.
 *
 * @example
 * ```ts
 * import { Utf8Validator } from "./utf8.ts";
 *
 * const validator = new Utf8Validator();
 * const euro = new Uint8Array([0xe2, 0x82, 0xac]);
 * if (!validator.push(euro, 0, 2)) throw new Error("valid so far");
 * if (validator.complete) throw new Error("one byte is missing");
 * if (!validator.push(euro, 2, 3) || !validator.complete) throw new Error("whole now");
 * ```
 */
export class Utf8Validator {
  /** How many continuation bytes the current character still needs. */
  #missing = 0;
  /** The range of the next continuation byte: it excludes overlong forms and surrogates. */
  #lowest = 0x80;
  #highest = 0xbf;

  /** True if the bytes so far end with a complete character. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Starts again, as if nothing had been pushed. */
  reset(): void {
    this.#missing = 0;
    this.#lowest = 0x80;
    this.#highest = 0xbf;
  }

  /**
   * Checks the next bytes, from `bytes[start]` up to `bytes[end]`.
   *
   * @param bytes The array that holds them.
   * @param start Where they begin.
   * @param end Where they end.
   * @returns False if they cannot be UTF-8, whatever follows.
   */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    let missing = this.#missing;
    let lowest = this.#lowest;
    let highest = this.#highest;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      if (missing > 0) {
        if (byte < lowest || byte > highest) return false;
        lowest = 0x80;
        highest = 0xbf;
        missing--;
      } else if (byte >= 0x80) {
        if (byte < 0xc2 || byte > 0xf4) return false;
        missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        if (byte === 0xe0) lowest = 0xa0; // less would be overlong
        else if (byte === 0xed) highest = 0x9f; // more would be a surrogate
        else if (byte === 0xf0) lowest = 0x90; // less would be overlong
        else if (byte === 0xf4) highest = 0x8f; // more would be past U+10FFFF
      }
    }
    this.#missing = missing;
    this.#lowest = lowest;
    this.#highest = highest;
    return true;
  }
}

const whole = new Utf8Validator();

/**
 * Tells whether `bytes[start]` up to `bytes[end]` are complete, well-formed UTF-8.
 *
 * @param bytes The array that holds them.
 * @param range `start` (default 0) and `end` (default the array's end).
 * @returns True if they are.
 *
 * @example
 * ```ts
 * import { isUtf8 } from "./utf8.ts";
 *
 * if (!isUtf8(new TextEncoder().encode("grüezi"))) throw new Error();
 * if (isUtf8(new Uint8Array([0xc0, 0x80]))) throw new Error("overlong");
 * ```
 */
export function isUtf8(bytes: Uint8Array, range: { start?: number; end?: number } = {}): boolean {
  whole.reset();
  return whole.push(bytes, range.start ?? 0, range.end ?? bytes.length) && whole.complete;
}
