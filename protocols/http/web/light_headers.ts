/**
 * Header fields with the interface of the web's `Headers`.
 *
 * @module
 */

import { SP, TOKEN } from "../characters.ts";
import { consistsOf, HttpHeaders } from "../headers.ts";
import { NativeHeaders, standFor } from "./natives.ts";

/** The blanks that the Fetch standard removes from a value. */
const BLANKS = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/** `Headers` that store their fields like Goer does, so that creating them costs almost nothing. */
export class LightHeaders implements Headers {
  #fields: HttpHeaders;
  /** True if `#fields` are shared: they are copied before a change. */
  #shared: boolean;
  /** Stores the fields instead of `#fields`, once a native object needs them. */
  #native: Headers | undefined;

  private constructor(fields: HttpHeaders, shared: boolean) {
    this.#fields = fields;
    this.#shared = shared;
  }

  /** Creates a view of fields, which do not change with the view. */
  static view(fields: HttpHeaders): LightHeaders {
    return new LightHeaders(fields, true);
  }

  /**
   * Copies fields from an argument of the constructor of `Headers`.
   *
   * @throws {TypeError} If a name or value is not valid.
   */
  static from(init: HeadersInit): LightHeaders {
    const headers = new LightHeaders(new HttpHeaders(), false);
    if (typeof init !== "object" || init === null) {
      new NativeHeaders(init).forEach((value, name) => headers.append(name, value));
    } else if (#fields in init && init.#native === undefined) {
      headers.#fields = new HttpHeaders(init.#fields);
    } else if (init instanceof NativeHeaders) {
      // It has already been validated, and is in lower case.
      init.forEach((value, name) => headers.#fields.append(name, value));
    } else if (Symbol.iterator in init) {
      for (const [name, value, ...rest] of init as Iterable<string[]>) {
        if (value === undefined || rest.length > 0) throw new TypeError("A header field is a pair");
        headers.append(name, value);
      }
    } else {
      for (const name of Object.keys(init)) headers.append(name, init[name]);
    }
    return headers;
  }

  /** The fields of any `Headers`, for reading. */
  static fieldsOf(headers: Headers): HttpHeaders {
    if (#fields in headers && headers.#native === undefined) return headers.#fields;
    return LightHeaders.from(headers).#fields;
  }

  /** The content type, if that is the only field. */
  static onlyTypeOf(headers: LightHeaders): string | undefined {
    const isOnly = headers.#native === undefined && headers.#fields.size === 1;
    return isOnly ? headers.#fields.get("content-type") ?? undefined : undefined;
  }

  /** Uses the fields of `native` from now on. */
  become(native: Headers): void {
    this.#native = native;
  }

  append(name: string, value: string): void {
    if (this.#native !== undefined) return this.#native.append(name, value);
    this.#own().append(String(name), trimmed(value));
  }

  delete(name: string): void {
    if (this.#native !== undefined) return this.#native.delete(name);
    checkName(name);
    this.#own().delete(String(name));
  }

  get(name: string): string | null {
    if (this.#native !== undefined) return this.#native.get(name);
    const value = this.#fields.get(String(name));
    if (value === null) checkName(name);
    return value;
  }

  getSetCookie(): string[] {
    return this.#native?.getSetCookie() ?? this.#fields.getAll("set-cookie");
  }

  has(name: string): boolean {
    if (this.#native !== undefined) return this.#native.has(name);
    const exists = this.#fields.has(String(name));
    if (!exists) checkName(name);
    return exists;
  }

  set(name: string, value: string): void {
    if (this.#native !== undefined) return this.#native.set(name, value);
    this.#own().set(String(name), trimmed(value));
  }

  forEach(
    callback: (value: string, name: string, headers: this) => void,
    thisArgument?: unknown,
  ): void {
    for (const [name, value] of this.#sorted()) callback.call(thisArgument, value, name, this);
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.#sorted()) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.#sorted()) yield value;
  }

  entries(): IterableIterator<[string, string]> {
    return this.#sorted()[Symbol.iterator]();
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  /** As in the standard: sorted by name, with equal names joined, except `Set-Cookie`. */
  #sorted(): [name: string, value: string][] {
    if (this.#native !== undefined) return [...this.#native];
    const fields = this.#fields;
    const names = new Set<string>();
    for (const [name] of fields) names.add(name);
    return [...names].sort().flatMap((name) =>
      name === "set-cookie"
        ? fields.getAll(name).map((value): [string, string] => [name, value])
        : [[name, fields.get(name)!] as [string, string]]
    );
  }

  #own(): HttpHeaders {
    if (this.#shared) this.#fields = new HttpHeaders(this.#fields);
    this.#shared = false;
    return this.#fields;
  }

  static {
    standFor(LightHeaders, new NativeHeaders(), (headers: LightHeaders) => {
      if (headers.#native === undefined) headers.become(new NativeHeaders([...headers]));
      return headers.#native!;
    });
  }
}

function trimmed(value: unknown): string {
  const text = String(value);
  const isTrimmed = text.charCodeAt(0) > SP && text.charCodeAt(text.length - 1) > SP;
  return isTrimmed ? text : text.replace(BLANKS, "");
}

/** The native methods throw for invalid names. */
function checkName(name: unknown): void {
  const text = String(name);
  if (text === "" || !consistsOf(text, TOKEN)) new NativeHeaders().has(text);
}
