/**
 * Makes text from peers, apps and workers safe to print. Control characters can clear a terminal,
 * change its title or make it type, and a line end can fake a log line.
 *
 * @module
 */

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, lone surrogates, and characters that
 * are invisible or change the direction of text, except the two joiners that Persian and emoji need.
 */
const UNPRINTABLE_REGEXP = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const ASCII_REGEXP = /^[ -~]*$/;

/**
 * Escapes control characters and the like: an escape character becomes `\u001b`. JSON stays valid and
 * keeps its meaning.
 */
export function printable(text: string): string {
  // Most text is ASCII, which is checked in a tenth of the time.
  if (ASCII_REGEXP.test(text)) return text;
  return text.replace(UNPRINTABLE_REGEXP, escape);
}

/** The same for several lines: line ends and tabs are kept. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE_REGEXP, (character) => {
    return character === "\n" || character === "\t" ? character : escape(character);
  });
}

/**
 * The longest message in the log, in UTF-16 units: an error can quote megabytes of a peer. With each unit
 * escaped in six bytes, a line has less than the megabyte that readers of the log accept.
 */
const LONGEST_MESSAGE = 65_536;

/** The start of a text that is longer than `length`, and a mark. */
export function cut(text: string, length = LONGEST_MESSAGE): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

/** Writes four hexadecimal digits for each UTF-16 unit, as JSON does. */
function escape(character: string): string {
  let escaped = "";
  for (let index = 0; index < character.length; index++) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
