/**
 * Header fields of requests and responses.
 *
 * @module
 */

import { typeName } from "../../src/bytes/outgoing.ts";
import { printable } from "../../src/printable.ts";
import { decodeLatin1 } from "../../src/runtime/bytes/text.ts";
import { COLON, CR, FIELD_VALUE, TOKEN } from "./characters.ts";
import { trimmed } from "./lists.ts";

/**
 * The values that header fields can be created from: an object, pairs, `Headers` or {@linkcode
 * HttpHeaders}.
 */
export type HttpHeadersInit =
  | Readonly<Record<string, string | number | readonly string[]>>
  | Iterable<readonly [name: string, value: string]>;

/**
 * Header fields in order. Names are case-insensitive, and a field can occur several times.
 *
 * Works like the web's `Headers`, and is much faster.
 *
 * @example
 * ```ts
 * import { HttpHeaders } from "@goer/goer/protocols/http";
 *
 * const headers = new HttpHeaders({ "Content-Type": "text/plain" });
 * headers.append("vary", "accept").append("vary", "cookie");
 * if (headers.get("VARY") !== "accept, cookie") throw new Error();
 * if (headers.getAll("vary").length !== 2) throw new Error();
 * ```
 */
export class HttpHeaders {
  #names: string[] = [];
  #values: string[] = [];

  /**
   * Creates header fields.
   *
   * @param init The initial fields.
   * @throws {TypeError} If a name or value is not valid.
   */
  constructor(init?: HttpHeadersInit) {
    if (init === undefined) return;
    if (init instanceof HttpHeaders) {
      this.#names = init.#names.slice();
      this.#values = init.#values.slice();
      return;
    }
    if (typeof init !== "object" || init === null || "then" in init) {
      throw new TypeError(`Cannot make header fields of ${typeName(init)}`);
    }
    if (Symbol.iterator in init) {
      for (const [name, value] of init as Iterable<readonly [string, string]>) {
        this.append(name, value);
      }
      return;
    }
    for (const name in init) {
      const value = init[name];
      if (Array.isArray(value)) { for (const each of value) this.append(name, each); }
      else this.append(name, typeof value === "number" ? String(value) : value as string);
    }
  }

  /**
   * Extracts the fields from bytes that a parser has checked.
   *
   * @param bytes Field lines, each with its line end.
   * @param start The start of the first line.
   * @param end The end of the last line, or of the empty line after it.
   */
  static parse(bytes: Uint8Array, start: number, end: number): HttpHeaders {
    const headers = new HttpHeaders();
    let line = start;
    while (line < end && bytes[line] !== CR) {
      const colon = bytes.indexOf(COLON, line);
      const lineEnd = bytes.indexOf(CR, colon);
      headers.#names.push(decodeLatin1(bytes, line, colon).toLowerCase());
      headers.#values.push(trimmed(decodeLatin1(bytes, colon + 1, lineEnd)));
      line = lineEnd + 2;
    }
    return headers;
  }

  /** How many fields there are. */
  get size(): number {
    return this.#names.length;
  }

  /**
   * The value of a field, those of several joined by `, `.
   *
   * @param name The name, in any case.
   * @returns `null` if the field does not exist.
   */
  get(name: string): string | null {
    const lowerCase = name.toLowerCase();
    let joined: string | null = null;
    for (let index = 0; index < this.#names.length; index++) {
      if (this.#names[index] !== lowerCase) continue;
      const value = this.#values[index];
      // RFC 9113, section 8.2.3: the values of Cookie have another separator.
      if (joined === null) joined = value;
      else joined += (lowerCase === "cookie" ? "; " : ", ") + value;
    }
    return joined;
  }

  /** All values of a field. */
  getAll(name: string): string[] {
    const lowerCase = name.toLowerCase();
    return this.#values.filter((_, index) => this.#names[index] === lowerCase);
  }

  /** True if the field exists. */
  has(name: string): boolean {
    return this.#names.includes(name.toLowerCase());
  }

  /**
   * Replaces all fields of this name.
   *
   * @throws {TypeError} If the name or value is not valid.
   */
  set(name: string, value: string): this {
    checkField(name, value);
    this.delete(name);
    return this.#push(name, value);
  }

  /**
   * Adds a field.
   *
   * @throws {TypeError} If the name or value is not valid.
   */
  append(name: string, value: string): this {
    checkField(name, value);
    return this.#push(name, value);
  }

  /** Removes every field of a name. */
  delete(name: string): this {
    const lowerCase = name.toLowerCase();
    if (!this.#names.includes(lowerCase)) return this;
    this.#values = this.#values.filter((_, index) => this.#names[index] !== lowerCase);
    this.#names = this.#names.filter((each) => each !== lowerCase);
    return this;
  }

  /** All fields, with names in lower case. */
  *[Symbol.iterator](): Generator<[name: string, value: string]> {
    for (let index = 0; index < this.#names.length; index++) {
      yield [this.#names[index], this.#values[index]];
    }
  }

  #push(name: string, value: string): this {
    this.#names.push(name.toLowerCase());
    this.#values.push(trimmed(value));
    return this;
  }
}

/**
 * Refuses characters that would end the field or the head.
 *
 * @throws {TypeError} If the name or value is not valid.
 */
export function checkField(name: string, value: string): void {
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot set a header field: its name must be a string, not ${typeName(name)}`,
    );
  }
  if (name === "" || !consistsOf(name, TOKEN)) {
    throw new TypeError(`Cannot set a header field: '${quoted(name)}' is not a token`);
  }
  if (typeof value !== "string") {
    throw new TypeError(
      `Cannot set the header field ${name}: its value must be a string, not ${typeName(value)}`,
    );
  }
  if (!consistsOf(value, FIELD_VALUE)) {
    throw new TypeError(
      `Cannot set the header field ${name}: '${
        quoted(value)
      }' contains a character that is not allowed`,
    );
  }
}

/** Returns true if all characters of `text` are in `table`. */
export function consistsOf(text: string, table: Uint8Array): boolean {
  // Outside of its range, the table returns undefined, so no character above 255 passes.
  for (let index = 0; index < text.length; index++) {
    if (table[text.charCodeAt(index)] !== 1) return false;
  }
  return true;
}

/** The start of a value, for an error. */
export function quoted(text: string): string {
  return printable(text.slice(0, 64));
}
