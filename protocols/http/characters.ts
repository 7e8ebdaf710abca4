/**
 * The bytes that are allowed in the parts of a message, as tables indexed by the byte.
 *
 * @module
 */

/** `\t` */
export const HTAB = 0x09;
/** `\n` */
export const LF = 0x0a;
/** `\r` */
export const CR = 0x0d;
/** A space. */
export const SP = 0x20;
/** `/` */
export const SLASH = 0x2f;
/** `:` */
export const COLON = 0x3a;
/** `;` */
export const SEMICOLON = 0x3b;

/** A table with 1 for every byte of `characters` and in `ranges`. */
function table(characters: string, ...ranges: [first: number, last: number][]): Uint8Array {
  const allowed = new Uint8Array(256);
  for (let index = 0; index < characters.length; index++) allowed[characters.charCodeAt(index)] = 1;
  for (const [first, last] of ranges) allowed.fill(1, first, last + 1);
  return allowed;
}

const DIGITS: [number, number] = [0x30, 0x39];
const UPPER: [number, number] = [0x41, 0x5a];
const LOWER: [number, number] = [0x61, 0x7a];

/** The bytes of a token: methods and field names (RFC 9110, section 5.6.2). */
export const TOKEN: Uint8Array = table("!#$%&'*+-.^_`|~", DIGITS, UPPER, LOWER);

/** The bytes of a field value: visible ones, those above ASCII, space and tab (section 5.5). */
export const FIELD_VALUE: Uint8Array = table("\t", [0x20, 0x7e], [0x80, 0xff]);

/**
 * The bytes of a request target. Clients send more than RFC 3986 allows (`|`, `{`), which is
 * harmless because everyone interprets it in the same way. A fragment is never allowed.
 */
export const TARGET: Uint8Array = table("", [0x21, 0x22], [0x24, 0x7e]);

/** The bytes of a host name or IPv4 address, except `%` (RFC 3986, section 3.2.2: `reg-name`). */
export const HOST_NAME: Uint8Array = table("-._~!$&'()*+,;=", DIGITS, UPPER, LOWER);

/** The value of a hexadecimal digit; 255 for other bytes. */
export const HEX_VALUE: Uint8Array = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) {
  HEX_VALUE[value.toString(16).charCodeAt(0)] = value;
  HEX_VALUE[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/** True for a decimal digit. */
export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** The bytes of an ASCII string. */
export function asciiBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** True if `bytes[start]` up to `bytes[end]` are `lowerCase`, ignoring case. */
export function equalsIgnoringCase(
  bytes: Uint8Array,
  start: number,
  end: number,
  lowerCase: string,
): boolean {
  if (end - start !== lowerCase.length) return false;
  for (let index = 0; index < lowerCase.length; index++) {
    let byte = bytes[start + index];
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== lowerCase.charCodeAt(index)) return false;
  }
  return true;
}
