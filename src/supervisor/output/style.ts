/**
 * Colours of text in a terminal: Select Graphic Rendition of ECMA-48, 8.3.117.
 *
 * @module
 */

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
} as const;

/** Functions that colour text, or leave it as it is. */
export type Style = Record<keyof typeof CODES, (text: string) => string>;

/** The colours, or none. */
export function styleOf(colours: boolean): Style {
  const entries = Object.entries(CODES).map(([name, [on, off]]) => [
    name,
    (text: string) => colours && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text,
  ]);
  return Object.fromEntries(entries) as Style;
}
