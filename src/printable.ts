/**
 * Text of others on its way to a terminal or a log. A terminal obeys what is written to it: it would
 * move its cursor, change its title or answer on the keyboard's behalf, and a line end would begin a
 * log line that nobody has written.
 *
 * @module
 */

/**
 * Controls (C0, DEL, C1), line and paragraph separators, lone surrogates, and what changes the
 * direction of text or cannot be seen; but not the two joiners that Persian and emoji need.
 */
const UNPRINTABLE_REGEXP = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const ASCII_REGEXP = /^[ -~]*$/;

/**
 * Escapes what is not to reach a terminal: `\u001b` stands for an escape character. In the text of JSON
 * that means the same.
 */
export function printable(text: string): string {
  // Most text is this, and found to be this in a tenth of the time.
  if (ASCII_REGEXP.test(text)) return text;
  return text.replace(UNPRINTABLE_REGEXP, escape);
}

/** The same for text of several lines: line ends and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE_REGEXP, (character) => {
    return character === "\n" || character === "\t" ? character : escape(character);
  });
}

/** As JSON writes it: a code of four digits for each UTF-16 unit. */
function escape(character: string): string {
  let escaped = "";
  for (let index = 0; index < character.length; index++) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
