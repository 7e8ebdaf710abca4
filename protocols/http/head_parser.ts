/**
 * Parses request heads (RFC 9112, sections 2 to 7) in one pass, which checks every byte and finds
 * the framing of the message. Strings are created later, when they are used.
 *
 * @module
 */

import { decodeLatin1 } from "../../src/runtime/bytes/text.ts";
import type { ReceiveBuffer } from "../../src/protocol/buffers.ts";
import {
  COLON,
  CR,
  equalsIgnoringCase,
  FIELD_VALUE,
  isDigit,
  LF,
  SP,
  TARGET,
  TOKEN,
} from "./characters.ts";
import { isHost } from "./host.ts";
import { badHead, HttpError } from "./http_error.ts";
import { hasMember, indexOrEnd, isBlank, isMember } from "./lists.ts";

/** The limits of a head. */
export interface HeadLimits {
  /** The longest request line, in bytes, without its line end. More gets 414. */
  readonly maxRequestLineSize: number;
  /** The most bytes of all header fields together. More gets 431. */
  readonly maxHeaderSize: number;
  /** The most header fields. More gets 431. */
  readonly maxHeaderCount: number;
}

/** A length that is not a safe integer. The body limit refuses it. */
const TOO_LONG = Number.MAX_SAFE_INTEGER;

/**
 * The longest method. RFC 9110, section 9 says 501 for unknown methods, regardless of their length.
 */
const MAX_METHOD_SIZE = 32;

/**
 * Parses one head. Its fields contain the result once {@linkcode HeadParser.parse} has returned a
 * length. Positions are relative to the head's first byte.
 *
 * The bytes can arrive in any pieces. No byte is read twice, so the work is linear, and an error is
 * found at the same byte in all cases.
 */
export class HeadParser {
  /** The method; empty until the space after it. */
  method = "";
  /** The minor version: 0, or 1 for 1 and later. */
  minorVersion = 1;
  /** The start of the request line. An empty line may precede it. */
  lineStart = 0;
  /** The start of the first header field. */
  fieldsStart = 0;
  /** The start of the value of Host. */
  hostStart = 0;
  /** The end of the value of Host; its start if it is empty. */
  hostEnd = 0;
  /** The value of Content-Length; -1 if there is none. */
  contentLength = -1;
  /** True if the body is chunked. */
  chunked = false;
  /** True if the client sent `Connection: close`. */
  close = false;
  /** True if the client sent `Connection: keep-alive`, which matters for HTTP/1.0. */
  keepAlive = false;
  /** True if the client waits for `100 Continue`. */
  expectContinue = false;

  /** The start of the first incomplete line; 0 until the request line is complete. */
  #line = 0;
  /** How far the target or field value of that line has been read; 0 before that. */
  #scanned = 0;
  /** The position of the colon in that line; 0 until it is found. */
  #colon = 0;
  #count = 0;
  #sawHost = false;
  #codings = 0;
  #skippedLine = false;

  /**
   * Parses the available part of the head.
   *
   * @param buffer The received bytes. They must not be consumed before the head is complete.
   * @param limits The limits of the head.
   * @returns The length of the head, or 0 if more bytes are needed.
   * @throws {HttpError} If the head is invalid.
   */
  parse(buffer: ReceiveBuffer, limits: HeadLimits): number {
    const { bytes, start, end } = buffer;
    if (
      this.fieldsStart === 0 && !this.#requestLine(bytes, start, end, limits.maxRequestLineSize)
    ) {
      return 0;
    }
    const limit = start + this.fieldsStart + limits.maxHeaderSize;
    while (true) {
      const line = start + this.#line;
      if (line + 1 >= end) return 0;
      if (bytes[line] === CR) {
        if (bytes[line + 1] !== LF) throw badHead("a CR is not followed by LF");
        this.#finish();
        return this.#line + 2;
      }
      const next = this.#field(bytes, start, Math.min(end, limit));
      if (next === 0) {
        if (end >= limit) throw tooLarge(`its fields are over ${limits.maxHeaderSize} bytes`);
        return 0;
      }
      if (++this.#count > limits.maxHeaderCount) {
        throw tooLarge(`it has more than ${limits.maxHeaderCount} fields`);
      }
      this.#line = next - start;
    }
  }

  /** Prepares the parser for another head. */
  reset(): void {
    this.method = "";
    this.fieldsStart = this.hostStart = this.hostEnd = 0;
    this.contentLength = -1;
    this.chunked =
      this.close =
      this.keepAlive =
      this.expectContinue =
        false;
    this.#line =
      this.#scanned =
      this.#colon =
      this.#count =
      this.#codings =
        0;
    this.#sawHost = this.#skippedLine = false;
  }

  /** Parses the request line, skipping one empty line before it (RFC 9112, section 2.2). */
  #requestLine(bytes: Uint8Array, start: number, end: number, maxSize: number): boolean {
    let at = start + this.#line;
    if (!this.#skippedLine && at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF) {
      this.#skippedLine = true;
      this.#line += 2;
      at += 2;
    }
    const first = at;
    const stop = Math.min(end, first + maxSize + 2);
    while (at < stop && TOKEN[bytes[at]] === 1) at++;
    if (at - first > MAX_METHOD_SIZE) {
      throw new HttpError(501, "Cannot read the request head: its method is too long");
    }
    if (at === stop) return this.#lineEnds(end, stop);
    // An empty line can arrive in two pieces.
    if (at === first && bytes[at] === CR && at + 1 === end && !this.#skippedLine) return false;
    if (bytes[at] !== SP || at === first) throw badHead("its method is not a token");
    this.method ||= methodName(bytes, first, at);

    const target = ++at;
    at = Math.max(at, start + this.#scanned);
    while (at < stop && TARGET[bytes[at]] === 1) at++;
    if (at === stop) {
      this.#scanned = at - start;
      return this.#lineEnds(end, stop);
    }
    if (bytes[at] !== SP || at === target) throw badHead("its target is not valid");

    const version = at + 1;
    for (at = version; at < version + 10; at++) {
      if (at === stop) return this.#lineEnds(end, stop);
      if (!isVersionByte(bytes[at], at - version)) throw badHead("its version is not valid");
    }
    if (bytes[version + 5] !== 0x31) {
      throw new HttpError(505, "Cannot read the request head: its major version is not 1");
    }
    this.minorVersion = bytes[version + 7] === 0x30 ? 0 : 1;
    this.lineStart = first - start;
    this.#target(bytes, target, version - 1);
    this.#line = this.fieldsStart = at - start;
    this.#scanned = 0;
    return true;
  }

  /** The request line is incomplete. Throws if it is already too long. */
  #lineEnds(end: number, stop: number): false {
    if (stop < end) {
      throw new HttpError(414, "Cannot read the request head: its target is too long");
    }
    return false;
  }

  /** Checks the format of the target (RFC 9112, section 3.2). */
  #target(bytes: Uint8Array, start: number, end: number): void {
    if (this.method === "CONNECT") {
      throw new HttpError(501, "Cannot serve the request: this server is not a proxy");
    }
    if (bytes[start] === 0x2f /* / */) return;
    if (bytes[start] === 0x2a /* * */ && end - start === 1 && this.method === "OPTIONS") return;

    const form = /^https?:\/\/([^/?@]+)(?=[/?]|$)/i.exec(decodeLatin1(bytes, start, end));
    if (form === null) throw badHead("its target has an invalid form");
    const hostEnd = start + form[0].length;
    const hostStart = hostEnd - form[1].length;
    if (!isHost(bytes, hostStart, hostEnd)) throw badHead("the host in its target is not valid");
  }

  /** Parses a field line. Returns the start of the next one, or 0 if it is incomplete. */
  #field(bytes: Uint8Array, start: number, end: number): number {
    const name = start + this.#line;
    const scanned = this.#scanned;
    const colon = scanned === 0 ? 0 : this.#colon;
    let at = scanned === 0 ? name : start + scanned;
    if (colon === 0) {
      while (at < end && TOKEN[bytes[at]] === 1) at++;
      if (at === end) return this.#fieldGoesOn(at - start);
      // A space before the colon or at the start of a line is used for request smuggling.
      if (bytes[at] !== COLON || at === name) throw badHead("the name of a field is not a token");
    }
    const nameEnd = colon === 0 ? at++ : start + colon;

    while (at < end && FIELD_VALUE[bytes[at]] === 1) at++;
    if (at >= end - 1) {
      // Invalid bytes are refused as soon as they arrive.
      if (at < end && bytes[at] !== CR) throw badValue();
      this.#colon = nameEnd - start;
      return this.#fieldGoesOn(at - start);
    }
    if (bytes[at] !== CR) throw badValue();
    if (bytes[at + 1] !== LF) throw badHead("a CR is not followed by LF");
    if (scanned !== 0) this.#scanned = this.#colon = 0;

    const known = FRAMING_FIELDS[nameEnd - name];
    if (known !== undefined && equalsIgnoringCase(bytes, name, nameEnd, known)) {
      let value = nameEnd + 1;
      let valueEnd = at;
      while (value < valueEnd && isBlank(bytes[value])) value++;
      while (valueEnd > value && isBlank(bytes[valueEnd - 1])) valueEnd--;
      this.#framing(known, bytes, value, valueEnd);
      if (known === "host") {
        this.hostStart = value - start;
        this.hostEnd = valueEnd - start;
      }
    }
    return at + 2;
  }

  /** The field line is incomplete. */
  #fieldGoesOn(scanned: number): 0 {
    this.#scanned = scanned;
    return 0;
  }

  /** Stores the fields that concern framing or the connection. */
  #framing(
    name: string,
    bytes: Uint8Array,
    value: number,
    end: number,
  ): void {
    switch (name) {
      case "host":
        if (this.#sawHost) throw badHead("it has more than one Host field");
        this.#sawHost = true;
        if (value !== end && !isHost(bytes, value, end)) {
          throw badHead("its Host field is not valid");
        }
        return;
      case "content-length":
        if (this.contentLength >= 0) throw badHead("it has more than one Content-Length field");
        this.contentLength = decimal(bytes, value, end);
        return;
      case "transfer-encoding":
        return this.#transferEncoding(decodeLatin1(bytes, value, end));
      case "connection":
        return this.#connection(bytes, value, end);
      case "expect":
        if (!equalsIgnoringCase(bytes, value, end, "100-continue")) {
          throw new HttpError(417, "Cannot meet the Expect field of the request");
        }
        this.expectContinue = true;
    }
  }

  /**
   * RFC 9112, section 6.1: `chunked` must be last and occur once. Other codings are not supported.
   */
  #transferEncoding(value: string): void {
    for (let start = 0; start <= value.length;) {
      if (this.chunked) throw badHead("its body is not chunked last");
      const end = indexOrEnd(value, ",", start);
      this.#codings++;
      this.chunked = isMember(value, start, end, "chunked");
      start = end + 1;
    }
  }

  /** RFC 9110, section 7.6.1. */
  #connection(bytes: Uint8Array, start: number, end: number): void {
    // The two most frequent values are recognized without creating a string.
    if (equalsIgnoringCase(bytes, start, end, "keep-alive")) this.keepAlive = true;
    else if (equalsIgnoringCase(bytes, start, end, "close")) this.close = true;
    else {
      const options = decodeLatin1(bytes, start, end);
      if (hasMember(options, "close")) this.close = true;
      if (hasMember(options, "keep-alive")) this.keepAlive = true;
    }
  }

  /** The head is complete: checks what depends on several fields. */
  #finish(): void {
    if (this.minorVersion === 1 && !this.#sawHost) throw badHead("it has no Host field");
    if (this.#codings > 0) {
      if (!this.chunked) throw badHead("its body is not chunked last");
      // RFC 9112, section 6.1: having both is used for request smuggling.
      if (this.contentLength >= 0) throw badHead("it has Content-Length and Transfer-Encoding");
      if (this.minorVersion === 0) throw badHead("it has Transfer-Encoding in HTTP/1.0");
      if (this.#codings > 1) {
        throw new HttpError(501, "Cannot read the request body: its transfer coding is not known");
      }
    }
    // RFC 9110, section 10.1.1: HTTP/1.0 does not have it.
    if (this.minorVersion === 0) this.expectContinue = false;
  }
}

/** The fields that frame the message, by the length of their names, which are all different. */
const FRAMING_FIELDS: (string | undefined)[] = [];
for (
  const name of [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "expect",
  ]
) FRAMING_FIELDS[name.length] = name;
for (let length = 0; length < 18; length++) FRAMING_FIELDS[length] ??= undefined;

/** The head or a part of it exceeds a limit: 431. */
function tooLarge(reason: string): HttpError {
  return new HttpError(431, `Cannot read the request head: ${reason}`);
}

function badValue(): HttpError {
  return badHead("the value of a field contains a control character");
}

const VERSION = "HTTP/d.d\r\n";

/** True if `byte` is allowed at `position` of the version and its line end. */
function isVersionByte(byte: number, position: number): boolean {
  if (position === 5 || position === 7) return isDigit(byte);
  return byte === VERSION.charCodeAt(position);
}

/** The method, without creating a string for the two most frequent ones. */
function methodName(bytes: Uint8Array, start: number, end: number): string {
  const first = bytes[start];
  const last = bytes[end - 1];
  if (end - start === 3 && first === 0x47 && bytes[start + 1] === 0x45 && last === 0x54) {
    return "GET";
  }
  if (
    end - start === 4 && first === 0x50 && bytes[start + 1] === 0x4f &&
    bytes[start + 2] === 0x53 && last === 0x54
  ) return "POST";
  return decodeLatin1(bytes, start, end);
}

/** The value of Content-Length (RFC 9110, section 8.6), which must consist of digits. */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) throw badHead("its Content-Length is not a number");
  let value = 0;
  for (let at = start; at < end; at++) {
    if (!isDigit(bytes[at])) throw badHead("its Content-Length is not a number");
    value = Math.min(TOO_LONG, value * 10 + bytes[at] - 0x30);
  }
  return value;
}

/** A parser that is not in use, for any connection. */
let idleParser: HeadParser | undefined;

/** Takes a parser. It keeps the state of an incomplete head. */
export function takeParser(): HeadParser {
  const parser = idleParser ?? new HeadParser();
  idleParser = undefined;
  return parser;
}

/** Returns a parser that has finished its head. */
export function returnParser(parser: HeadParser): void {
  parser.reset();
  idleParser = parser;
}
