/**
 * Decodes the chunked transfer coding (RFC 9112, section 7.1).
 *
 * @module
 */

import { COLON, CR, FIELD_VALUE, HEX_VALUE, HTAB, LF, SEMICOLON, SP, TOKEN } from "./characters.ts";
import { HttpHeaders } from "./headers.ts";
import { badBody, HttpError } from "./http_error.ts";

/** The limits of a chunked body. */
export interface ChunkedLimits {
  /** The most bytes of the body without its framing. More gets 413. */
  readonly maxBodySize: number;
  /** The most bytes of chunk extensions, and of the trailer section. */
  readonly maxHeaderSize: number;
  /** The most trailer fields. */
  readonly maxHeaderCount: number;
}

/**
 * The longest line before a chunk, in bytes: sixteen digits and extensions. Only attackers send
 * long extensions.
 */
const MAX_CHUNK_LINE = 256;

/** What {@linkcode ChunkedDecoder.next} reads next. */
type State = "size" | "data" | "data-end" | "trailers" | "done";

/** Decodes one body. The bytes can arrive in any pieces. */
export class ChunkedDecoder {
  /** The trailer fields; `undefined` until the body has ended. */
  trailers: HttpHeaders | undefined;

  readonly #limits: ChunkedLimits;
  #state: State = "size";
  /** Bytes of the chunk still to come. */
  #left = 0;
  #bodySize = 0;
  #extensionSize = 0;
  /** The start of the first unread trailer line, relative to the section. */
  #trailerLine = 0;
  /** How far that line has been read, relative to the section; 0 before that. */
  #trailerScanned = 0;
  /** True if its colon has been read. */
  #inTrailerValue = false;
  #trailerCount = 0;

  /** @param limits The limits of the body. */
  constructor(limits: ChunkedLimits) {
    this.#limits = limits;
  }

  /** True once the last chunk and the trailer section have been read. */
  get done(): boolean {
    return this.#state === "done";
  }

  /**
   * Reads one part of the framing, or a run of the body.
   *
   * @param bytes The received bytes.
   * @param start The index of the next unread byte.
   * @param end The index after the last byte.
   * @returns How many bytes were read: negative if they are a run of the body, 0 if more bytes are
   * needed.
   * @throws {HttpError} If the framing is invalid or exceeds a limit.
   */
  next(bytes: Uint8Array, start: number, end: number): number {
    switch (this.#state) {
      case "size":
        return this.#size(bytes, start, end);
      case "data": {
        const count = Math.min(this.#left, end - start);
        this.#left -= count;
        if (this.#left === 0) this.#state = "data-end";
        return -count;
      }
      case "data-end":
        return this.#dataEnd(bytes, start, end);
      case "trailers":
        return this.#trailers(bytes, start, end);
      case "done":
        return 0;
    }
  }

  /** The line before a chunk: its size, and extensions, which are checked and ignored. */
  #size(bytes: Uint8Array, start: number, end: number): number {
    const stop = Math.min(end, start + MAX_CHUNK_LINE);
    let at = start;
    let size = 0;
    while (at < stop && HEX_VALUE[bytes[at]] < 16) {
      size = size * 16 + HEX_VALUE[bytes[at++]];
      if (this.#bodySize + size > this.#limits.maxBodySize) {
        throw tooLarge(this.#limits.maxBodySize);
      }
    }
    if (at < stop && at === start) throw badBody("the size of a chunk is not a number");
    const extension = at;
    if (bytes[at] !== CR) at = extensionsEnd(bytes, at, stop);
    if (at + 2 > stop) {
      if (at < stop && bytes[at] !== CR) throw badBody("a chunk extension is not valid");
      if (stop < end || end - start >= MAX_CHUNK_LINE) {
        throw badBody("the line before a chunk is too long");
      }
      return 0;
    }
    if (bytes[at] !== CR) throw badBody("the size of a chunk is not a number");
    if (bytes[at + 1] !== LF) throw badBody("a CR is not followed by LF");
    this.#extensionSize += at - extension;
    if (this.#extensionSize > this.#limits.maxHeaderSize) {
      throw badBody("its chunk extensions are too long");
    }
    this.#bodySize += this.#left = size;
    this.#state = size === 0 ? "trailers" : "data";
    return at + 2 - start;
  }

  #dataEnd(bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return 0;
    if (bytes[start] !== CR) throw badBody("a chunk is longer than its size");
    if (start + 1 === end) return 0;
    if (bytes[start + 1] !== LF) throw badBody("a chunk is longer than its size");
    this.#state = "size";
    // The next size has often arrived, too: a body can consist of many small chunks.
    return 2 + this.#size(bytes, start + 2, end);
  }

  /** The trailer section: field lines as in a head, and an empty line. It is read as a whole. */
  #trailers(bytes: Uint8Array, start: number, end: number): number {
    const stop = Math.min(end, start + this.#limits.maxHeaderSize);
    while (true) {
      const line = start + this.#trailerLine;
      if (line + 1 < stop && bytes[line] === CR && bytes[line + 1] === LF) {
        this.trailers = HttpHeaders.parse(bytes, start, line);
        this.#state = "done";
        return line + 2 - start;
      }
      const next = this.#trailerEnd(bytes, start, stop);
      if (next === 0) break;
      if (++this.#trailerCount > this.#limits.maxHeaderCount) {
        throw new HttpError(431, "Cannot read the request body: it has too many trailer fields");
      }
      this.#trailerLine = next - start;
    }
    if (end - start >= this.#limits.maxHeaderSize) {
      throw new HttpError(431, "Cannot read the request body: its trailer section is too long");
    }
    return 0;
  }
  /** The end of the current field line; 0 if it is incomplete. */
  #trailerEnd(bytes: Uint8Array, start: number, stop: number): number {
    const line = start + this.#trailerLine;
    let at = Math.max(line, start + this.#trailerScanned);
    if (!this.#inTrailerValue) {
      if (at === line && at < stop && bytes[at] === CR && at + 1 === stop) return 0;
      while (at < stop && TOKEN[bytes[at]] === 1) at++;
      this.#trailerScanned = at - start;
      if (at >= stop) return 0;
      if (bytes[at] !== COLON || at === line) {
        throw badBody("the name of a trailer is not a token");
      }
      this.#inTrailerValue = true;
      at++;
    }
    while (at < stop && FIELD_VALUE[bytes[at]] === 1) at++;
    this.#trailerScanned = at - start;
    if (at >= stop) return 0;
    if (bytes[at] !== CR) throw badBody("the value of a trailer contains a control character");
    if (at + 1 === stop) return 0;
    if (bytes[at + 1] !== LF) throw badBody("a CR is not followed by LF");
    this.#inTrailerValue = false;
    return at + 2;
  }
}

/** The body exceeds its limit: 413. */
export function tooLarge(maxBodySize: number): HttpError {
  return new HttpError(413, `Cannot read the request body: it is over ${maxBodySize} bytes`);
}

/**
 * The end of the extensions: from `;` after a size, or bad whitespace before it, to the line end.
 */
function extensionsEnd(bytes: Uint8Array, start: number, stop: number): number {
  let at = start;
  while (at < stop && (bytes[at] === SP || bytes[at] === HTAB)) at++;
  if (at === stop) return at;
  // Whitespace without an extension is invalid.
  if (bytes[at] !== SEMICOLON) {
    if (at > start) throw badBody("the size of a chunk is not a number");
    return at;
  }
  while (at < stop && FIELD_VALUE[bytes[at]] === 1) at++;
  return at;
}
