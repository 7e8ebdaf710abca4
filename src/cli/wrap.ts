/**
 * Breaks the lines of help where a terminal ends.
 *
 * @module
 */

/** The narrowest that a column of text may become. In less room, it begins on a line of its own. */
const NARROWEST_TEXT = 24;

/** How far a text is indented that begins on a line of its own, in columns. */
const INDENT = 6;

/** A line of a list: a term, two or more spaces, and what it means. */
const ITEM = /^( *\S+(?: \S+)* {2,})(?=\S)/;

/**
 * Breaks long lines between words. Below a line of a list, the text stays in its column.
 *
 * @param width The width of a line; `Infinity` keeps all lines.
 */
export function wrapLines(text: string, width: number): string {
  return text.split("\n").map((line) => line.length <= width ? line : wrapLine(line, width))
    .join("\n");
}

function wrapLine(line: string, width: number): string {
  const term = ITEM.exec(line)?.[1] ?? "";
  if (term === "") return fill(line.trimStart(), width, indentOf(line), indentOf(line));
  const text = line.slice(term.length);
  if (width - term.length >= NARROWEST_TEXT) {
    return fill(text, width, term, " ".repeat(term.length));
  }
  const indent = " ".repeat(INDENT);
  return `${term.trimEnd()}\n${fill(text, width, indent, indent)}`;
}

function indentOf(line: string): string {
  return /^ */.exec(line)![0];
}

/** Fills lines with words. A word that is longer than a line is not broken. */
function fill(text: string, width: number, first: string, indent: string): string {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join("\n");
}
