/**
 * Encodes what applications send to other processes. Text, bytes and values that JSON preserves are
 * sent as they are; in other values, marks replace what JSON cannot hold, and bytes follow the
 * JSON. Decoding never evaluates anything.
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

/** The key of a mark: an array that starts with the kind of the replaced value. */
const MARK = "$";

/**
 * The maximum nesting depth. No message needs more, and a value that contains itself never ends.
 */
const MAX_DEPTH = 500;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export interface PackedContent {
  kind: number;
  /** Its bytes, in pieces. */
  pieces: Uint8Array[];
}

/**
 * Packs content.
 *
 * @throws {TypeError} If it would not be the same in another process.
 */
export function packContent(content: unknown): PackedContent {
  if (content === undefined) return { kind: NONE, pieces: [] };
  if (isBytes(content)) return { kind: BYTES, pieces: [content] };
  // UTF-8 cannot hold half of a surrogate pair, but JSON can.
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
 * Checks a message for other processes when there are none.
 *
 * @throws {TypeError} If it would not be the same in another process.
 */
export function checkContent(content: unknown): void {
  if (content === undefined || typeof content === "string" || isBytes(content)) return;
  new ContentWriter().write(content, 0);
}

/** Unpacks content. Throws if the bytes are malformed. */
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

/** Makes a value that JSON preserves, with marks for what JSON cannot hold. */
class ContentWriter {
  marked = false;
  /** The bytes that marks refer to. */
  readonly bytes: Uint8Array[] = [];
  #size = 0;
  /** The path of the current value in the content: one key per level. */
  readonly #keys: (string | number)[] = [];

  /** Returns the value itself if nothing in it needs a mark. */
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
      // JSON would omit it.
      if (typeof key === "symbol") throw this.#unsendable(key, depth + 1);
      const item = record[key];
      const written = this.write(item, depth + 1);
      if (written === item) continue;
      // Without a prototype, `"__proto__"` is a key like any other.
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

/** Restores values that {@linkcode ContentWriter} has written. */
class ContentReader {
  readonly #bytes: Uint8Array;

  /** @param bytes The bytes that marks refer to. */
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

/** Restores the value of each kind of mark. */
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
