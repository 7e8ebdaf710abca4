/**
 * Parses `multipart/form-data` (RFC 7578; RFC 2046, section 5.1), which can arrive in any pieces.
 *
 * @module
 */

import { decodeText } from "../../src/runtime/bytes/text.ts";
import { asciiBytes, CR, HTAB, LF, SP } from "./characters.ts";
import { HttpError } from "./http_error.ts";
import { trimmed } from "./lists.ts";
import { type Parameterized, parseParameters } from "./parameters.ts";

/** The longest head of a part, in bytes. It is buffered until it is complete. */
const MAX_PART_HEAD = 8192;

/** The most fields in the head of a part. Three are defined (RFC 7578, section 4.8). */
const MAX_PART_FIELDS = 32;

const DASH = 0x2d;

/** The head of a part. */
export interface PartHead {
  /** The name of the field. */
  readonly name: string;
  /** The name of the file; `undefined` if the part is not a file. */
  readonly filename: string | undefined;
  /** The media type with its parameters, in lower case. */
  readonly type: string;
  /** The character encoding of the media type. */
  readonly charset: string | undefined;
}

/** What to read next. */
type State = "preamble" | "delimiter" | "head" | "content" | "epilogue";

/** Parses one body. */
export class MultipartParser {
  /** The bytes around each part. The first byte is the only CR. */
  readonly #delimiter: Uint8Array;
  #state: State = "preamble";
  /** Undecided bytes. Initially a line end, because the first delimiter may be without one. */
  #rest: Uint8Array = asciiBytes("\r\n");
  #restLength = 2;
  /** How many bytes of a head have been searched for its end. */
  #searched = 0;

  /** @param boundary The boundary from the media type. */
  constructor(boundary: string) {
    this.#delimiter = asciiBytes(`\r\n--${boundary}`);
  }

  /**
   * Reads a piece of the body.
   *
   * @param piece The bytes.
   * @returns For each part, its head and then its content, in views that are valid until the next
   * piece.
   * @throws {HttpError} 400 if the form is malformed, 413 if a head is too long.
   */
  *read(piece: Uint8Array): Generator<PartHead | Uint8Array> {
    const bytes = this.#join(piece);
    let at = 0;
    while (at < bytes.length) {
      const inContent = this.#state === "content";
      if (inContent || this.#state === "preamble") {
        const end = this.#delimiterIn(bytes, at);
        if (inContent && end > at) yield bytes.subarray(at, end);
        at = end;
        if (end + this.#delimiter.length + 2 > bytes.length) break;
        at += this.#delimiter.length;
        this.#state = bytes[at] === DASH ? "epilogue" : "delimiter";
      } else if (this.#state === "delimiter") {
        // RFC 2046 allows blanks after a delimiter.
        while (bytes[at] === SP || bytes[at] === HTAB) at++;
        if (at + 2 > bytes.length) break;
        if (bytes[at] !== CR || bytes[at + 1] !== LF) throw malformed("text follows a boundary");
        this.#state = "head";
        this.#searched = 0;
      } else if (this.#state === "head") {
        const end = this.#headEnd(bytes, at);
        if (end === -1) break;
        yield parseHead(decodeText(bytes, Math.min(at + 2, end), end));
        at = end + 4;
        this.#state = "content";
      } else return;
    }
    this.#keep(bytes, at);
  }

  /**
   * The body has ended.
   *
   * @throws {HttpError} 400 if the last part has not ended.
   */
  end(): void {
    if (this.#state !== "epilogue") throw malformed("its last boundary is missing");
  }

  /** Joins the undecided bytes and the next piece. */
  #join(piece: Uint8Array): Uint8Array {
    if (this.#restLength === 0) return piece;
    const length = this.#restLength + piece.length;
    if (length > this.#rest.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#rest.length));
      larger.set(this.#rest.subarray(0, this.#restLength));
      this.#rest = larger;
    }
    this.#rest.set(piece, this.#restLength);
    return this.#rest.subarray(0, length);
  }

  /** Keeps `bytes` from `at`, without copying a head again for each byte that arrives. */
  #keep(bytes: Uint8Array, at: number): void {
    const left = bytes.length - at;
    this.#restLength = left;
    if (at === 0 && bytes.buffer === this.#rest.buffer) return;
    if (left > this.#rest.length) this.#rest = bytes.slice(at);
    else this.#rest.set(bytes.subarray(at));
  }

  /**
   * The position of the next delimiter, or of a possible start of one; the end if there is none.
   */
  #delimiterIn(bytes: Uint8Array, start: number): number {
    const delimiter = this.#delimiter;
    const { length } = delimiter;
    for (let at = nextCr(bytes, start); at < bytes.length; at = nextCr(bytes, at + 1)) {
      let matched = 1;
      while (matched < length && bytes[at + matched] === delimiter[matched]) matched++;
      if (at + matched >= bytes.length) return at;
      if (matched === length && endsLine(bytes, at + length)) return at;
    }
    return bytes.length;
  }

  /**
   * The position of the empty line after a head that begins with a line end; -1 if it has not
   * arrived.
   */
  #headEnd(bytes: Uint8Array, start: number): number {
    let at = start + this.#searched;
    while (at + 4 <= bytes.length && !isEmptyLine(bytes, at)) at++;
    this.#searched = at - start;
    if (this.#searched > MAX_PART_HEAD) {
      throw new HttpError(
        413,
        `Cannot read the form: a part's head is over ${MAX_PART_HEAD} bytes`,
      );
    }
    return at + 4 <= bytes.length ? at : -1;
  }
}

/** The form is malformed: 400. */
function malformed(reason: string): HttpError {
  return new HttpError(400, `Cannot read the form: ${reason}`);
}

/**
 * How many bytes are searched for a CR in a loop. If there are many CRs, a call for each costs
 * more.
 */
const NEAR = 32;

/** The position of the next CR; the end if there is none. */
function nextCr(bytes: Uint8Array, start: number): number {
  const near = Math.min(start + NEAR, bytes.length);
  for (let at = start; at < near; at++) if (bytes[at] === CR) return at;
  const far = bytes.indexOf(CR, near);
  return far === -1 ? bytes.length : far;
}

/** True if the boundary is followed by a line end, or too few bytes have arrived to tell. */
function endsLine(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at];
  if (byte === DASH) return at + 1 === bytes.length || bytes[at + 1] === DASH;
  return byte === CR || byte === SP || byte === HTAB;
}

/** True if one line ends at `at`, and the next one directly after it. */
function isEmptyLine(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === CR && bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF;
}

/** Parses the head of a part (RFC 7578, section 4). */
function parseHead(text: string): PartHead {
  const fields = parseFields(text);
  const disposition = parsed(fields.get("content-disposition") ?? "");
  if (disposition.value !== "form-data") throw malformed("a part is not form-data");
  const name = textOf(disposition, "name");
  if (name === undefined) throw malformed("a part has no name");
  const type = fields.get("content-type")?.toLowerCase() || "text/plain";
  const charset = parsed(type).parameters.get("charset");
  return { name, filename: textOf(disposition, "filename"), type, charset };
}

/** The fields of a head by name, in lower case. */
function parseFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  // RFC 5322, section 2.2.3: a line that begins with a blank continues the previous one.
  const lines = text.split(/\r\n(?![ \t])/, MAX_PART_FIELDS + 1);
  if (lines.length > MAX_PART_FIELDS) {
    throw malformed(`a part has more than ${MAX_PART_FIELDS} fields`);
  }
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = trimmed(line.slice(0, Math.max(colon, 0))).toLowerCase();
    const value = trimmed(line.slice(colon + 1).replaceAll("\r\n", ""));
    if (name === "" || /[\r\n]/.test(value) || fields.has(name)) {
      throw malformed("a field of a part is not well-formed, or is repeated");
    }
    fields.set(name, value);
  }
  return fields;
}

function parsed(text: string): Parameterized {
  const result = parseParameters(text);
  if (result === undefined) throw malformed("a parameter of a part is not well-formed");
  return result;
}

/**
 * A parameter in one of two forms: browsers encode three characters, other clients all (RFC 5987).
 */
function textOf({ parameters }: Parameterized, name: string): string | undefined {
  const extended = parameters.get(`${name}*`);
  if (extended !== undefined) return decodeExtended(extended);
  return parameters.get(name)?.replace(/%(?:0A|0D|22)/g, decodeURIComponent);
}

/** Decodes `charset'language'text`, whose text is percent-encoded (RFC 5987, section 3.2). */
function decodeExtended(value: string): string {
  const [, charset, text] = /^([^']*)'[^']*'([\x21-\x7e]*)$/.exec(value) ?? [];
  if (text === undefined) throw malformed("a parameter of a part is not encoded as RFC 5987 says");
  const bytes = text.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return decodeCharset(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)), charset);
}

/** Decodes text, as UTF-8 if the encoding is unknown, without a byte order mark. */
export function decodeCharset(bytes: Uint8Array, charset: string | undefined): string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(charset);
  } catch {
    decoder = new TextDecoder();
  }
  return decoder.decode(bytes);
}
