/**
 * What applications send to other processes, as bytes. Text, bytes and values that are the same after
 * JSON go as they are; in other values, what JSON cannot hold stands as a mark, and bytes follow the JSON.
 * Nothing in them is ever evaluated.
 *
 * @module
 */

import { isBytes, sizeOf, typeName } from "../bytes/outgoing.ts";

/** The kinds of content. */
const NONE = 0;
const TEXT = 1;
const BYTES = 2;
const JSON_VALUE = 3;
const MARKED = 4;

/** The key of a mark: an array that begins with what it stands for. */
const MARK = "$";

/** How deep a value may be nested: no message needs more, and one that holds itself never ends. */
const MAX_DEPTH = 500;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Content, packed. */
export interface PackedContent {
  kind: number;
  /** Its bytes, one piece after the other. */
  pieces: Uint8Array[];
}

/**
 * Packs content.
 *
 * @throws {TypeError} If it cannot be the same in another process.
 */
export function packContent(content: unknown): PackedContent {
  if (content === undefined) return { kind: NONE, pieces: [] };
  if (isBytes(content)) return { kind: BYTES, pieces: [content] };
  // UTF-8 cannot hold half of a surrogate pair, JSON can.
  if (typeof content === "string" && isWellFormed(content)) {
    return { kind: TEXT, pieces: [encoder.encode(content)] };
  }
  const writer = new ContentWriter();
  const value = writer.write(content, 0);
  const json = encoder.encode(JSON.stringify(value));
  if (!writer.marked) return { kind: JSON_VALUE, pieces: [json] };
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  return { kind: MARKED, pieces: [length, json, ...writer.bytes] };
}

/**
 * Checks what is to be sent to other processes, where there are none.
 *
 * @throws {TypeError} If it could not be the same in another process.
 */
export function checkContent(content: unknown): void {
  if (content === undefined || typeof content === "string" || isBytes(content)) return;
  new ContentWriter().write(content, 0);
}

/** Unpacks content. Throws where the bytes are none. */
export function unpackContent(kind: number, body: Uint8Array): unknown {
  switch (kind) {
    case NONE:
      return undefined;
    case TEXT:
      return decoder.decode(body);
    case BYTES:
      return body;
    case JSON_VALUE:
      return JSON.parse(decoder.decode(body));
    case MARKED: {
      const start = 4 + new DataView(body.buffer, body.byteOffset, body.length).getUint32(0);
      if (start > body.length) throw new RangeError();
      const value: unknown = JSON.parse(decoder.decode(body.subarray(4, start)));
      return new ContentReader(body.subarray(start)).read(value);
    }
    default:
      throw new RangeError();
  }
}

function isWellFormed(text: string): boolean {
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed();
}

/** Makes of a value one that is the same after JSON, with marks for what is not. */
class ContentWriter {
  /** True once there is a mark. */
  marked = false;
  /** The bytes that marks stand for. */
  readonly bytes: Uint8Array[] = [];
  #size = 0;
  /** Where the value that is being written stands in the content: as many keys as it is deep. */
  readonly #keys: (string | number)[] = [];

  /** Returns the value itself where nothing in it needs a mark. */
  write(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (Number.isFinite(value) && !Object.is(value, -0)) return value;
        return this.#mark("number", Object.is(value, -0) ? "-0" : String(value));
      case "bigint":
        return this.#mark("bigint", String(value));
      case "undefined":
        return this.#mark("undefined");
      case "object":
        return value === null ? null : this.#writeObject(value, depth);
      default:
        throw this.#unsendable(value, depth);
    }
  }

  #writeObject(value: object, depth: number): unknown {
    if (depth === MAX_DEPTH) {
      throw new TypeError(
        `Cannot send a value to other processes: it is nested more than ${MAX_DEPTH} levels deep, or contains itself`,
      );
    }
    if (isBytes(value)) return this.#writeBytes(value);
    if (Array.isArray(value)) return this.#writeList(value, depth);
    if (value instanceof Date) return this.#mark("date", value.getTime());
    if (value instanceof Map) return this.#mark("map", this.#writeList([...value].flat(), depth));
    if (value instanceof Set) return this.#mark("set", this.#writeList([...value], depth));
    const prototype = Object.getPrototypeOf(value);
    const isPlain = prototype === null || prototype === Object.prototype;
    if (!isPlain) throw this.#unsendable(value, depth);
    return this.#writeRecord(value as Record<string, unknown>, depth);
  }

  #writeBytes(bytes: Uint8Array): object {
    const size = sizeOf(bytes);
    this.bytes.push(bytes);
    this.#size += size;
    return this.#mark("bytes", [this.#size - size, this.#size]);
  }

  #writeList(list: unknown[], depth: number): unknown[] {
    let copy = list;
    for (let index = 0; index < list.length; index++) {
      const item = list[index];
      this.#keys[depth] = index;
      const written = this.write(item, depth + 1);
      if (written === item) continue;
      if (copy === list) copy = [...list];
      copy[index] = written;
    }
    return copy;
  }

  #writeRecord(record: Record<string, unknown>, depth: number): unknown {
    let copy = record;
    for (const key of Reflect.ownKeys(record) as string[]) {
      this.#keys[depth] = key;
      // JSON would leave it out.
      if (typeof key === "symbol") throw this.#unsendable(key, depth + 1);
      const item = record[key];
      const written = this.write(item, depth + 1);
      if (written === item) continue;
      // Without a prototype, the key "__proto__" is one like all others.
      if (copy === record) copy = Object.assign(Object.create(null), record);
      copy[key] = written;
    }
    return Object.hasOwn(record, MARK) ? this.#mark("object", Object.entries(copy).flat()) : copy;
  }

  #mark(...mark: [kind: keyof typeof READERS, of?: unknown]): object {
    this.marked = true;
    return { [MARK]: mark };
  }

  #unsendable(value: unknown, depth: number): TypeError {
    const path = this.#keys.slice(0, depth).map((key) =>
      typeof key === "number" ? `[${key}]` : `.${String(key)}`
    );
    const place = path.length === 0 ? "" : `, at ${path.join("")},`;
    return new TypeError(
      `Cannot send ${typeName(value)}${place} to other processes: text, bytes, what JSON holds, ` +
        "Date, Map, Set, bigint and undefined arrive as they are. Make one of these of it",
    );
  }
}

/** Makes values of what {@linkcode ContentWriter} has written. */
class ContentReader {
  readonly #bytes: Uint8Array;

  /** @param bytes What the marks of bytes point into. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (!Array.isArray(value) && Object.hasOwn(value, MARK)) {
      const [kind, of] = (value as { [MARK]: [keyof typeof READERS, unknown] })[MARK];
      if (!Object.hasOwn(READERS, kind)) throw new RangeError();
      return READERS[kind](of, this);
    }
    const holder = value as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      if (typeof holder[key] === "object") holder[key] = this.read(holder[key]);
    }
    return value;
  }

  list(value: unknown): unknown[] {
    if (!Array.isArray(value)) throw new TypeError();
    return this.read(value) as unknown[];
  }

  pairs(value: unknown): [string, unknown][] {
    const list = this.list(value);
    return Array.from({ length: list.length / 2 }, (_, index) => {
      return [list[2 * index] as string, list[2 * index + 1]];
    });
  }

  bytes(range: unknown): Uint8Array {
    const [start, end] = this.list(range) as [number, number];
    if (!(start >= 0 && start <= end && end <= this.#bytes.length)) throw new RangeError();
    return this.#bytes.subarray(start, end);
  }
}

/** What each mark stands for. */
const READERS = {
  bigint: (of: unknown): bigint => BigInt(String(of)),
  bytes: (of: unknown, reader: ContentReader): Uint8Array => reader.bytes(of),
  date: (of: unknown): Date => new Date(of === null ? NaN : Number(of)),
  map: (of: unknown, reader: ContentReader): Map<unknown, unknown> => new Map(reader.pairs(of)),
  number: (of: unknown): number => Number(of),
  object: (of: unknown, reader: ContentReader): object => Object.fromEntries(reader.pairs(of)),
  set: (of: unknown, reader: ContentReader): Set<unknown> => new Set(reader.list(of)),
  undefined: (): undefined => undefined,
};
