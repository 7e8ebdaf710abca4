/**
 * Text that must not reach a terminal.
 *
 * @module
 */

/** Text that clears a screen, in all possible ways, and invisible text. */
export const HOSTILE = "\x1b[2J\x9b2J\r\x07\x7f\x85\u061c\u202e\u2028\u2066\ufeff\u{e0041}";

/** The unprintable characters of a text, except line ends and tabs. */
export function unprintable(text: string): string[] {
  return Array.from(text).filter((character) => {
    return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(character) &&
      !/[\n\t\u200c\u200d]/.test(character);
  }).map((character) => character.codePointAt(0)!.toString(16));
}
