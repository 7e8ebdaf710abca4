/**
 * Checks the type and the real size of what an application sends. With a wrong length, memory with
 * the data of other connections could be sent.
 *
 * @module
 */

import type { SendBuffer } from "../protocol/buffers.ts";

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);

/** The getters of all typed arrays, which subclasses and properties cannot replace. */
const lengthOf = getter<number>(typedArray, "length");
const tagOf = getter<string | undefined>(typedArray, Symbol.toStringTag);

function getter<Value>(prototype: object, name: PropertyKey): (this: unknown) => Value {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get!;
}

const encoder = new TextEncoder();

/** Tells whether `value` is a `Uint8Array`, even one of another realm. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || tagOf.call(value) === "Uint8Array";
}

/**
 * Returns how many bytes `value` really holds.
 *
 * @param value What to send.
 * @param expected What can be sent there, for the error.
 * @throws {TypeError} If it is not a `Uint8Array`, or its memory has been transferred.
 */
export function sizeOf(value: unknown, expected: string = "a Uint8Array"): number {
  if (!isBytes(value)) throw unsendable(value, expected);
  const { length } = value;
  if (length === 0) refuseDetached(value);
  // Elements cannot be faked as `length` can: it is right if its last element exists and no next
  // one does. The getter of typed arrays is exact as well, but takes four times as long.
  const last = length === 0 || value[length - 1] !== undefined;
  return last && value[length] === undefined && typeof length === "number"
    ? length
    : lengthOf.call(value);
}

/** Transferred memory reads as empty, but the message was not empty. */
function refuseDetached({ buffer }: Uint8Array): void {
  try {
    new Uint8Array(buffer);
  } catch {
    throw new TypeError("Cannot send a Uint8Array whose memory has been transferred: send a copy");
  }
}

/** Copies `bytes`. The `slice` of a Node `Buffer` is a view, and a subclass can have its own. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(sizeOf(bytes));
  copy.set(bytes);
  return copy;
}

/** What raw bytes and frames can be made of. */
export const BYTES_OR_TEXT = "a Uint8Array or a string";

/**
 * The bytes of `message` in a new array, with text as UTF-8.
 *
 * @throws {TypeError} If it is neither text nor bytes.
 */
export function ownBytes(message: Uint8Array | string): Uint8Array<ArrayBuffer> {
  if (typeof message === "string") return encoder.encode(message);
  if (isBytes(message)) return copyOf(message);
  throw unsendable(message, BYTES_OR_TEXT);
}

/** Appends the bytes of `message` to `out`, with text as UTF-8. */
export function writeBytes(message: Uint8Array | string, out: SendBuffer): void {
  if (typeof message === "string") out.text(message);
  else if (isBytes(message)) out.copy(message);
  else throw unsendable(message, BYTES_OR_TEXT);
}

/**
 * Tells whether `bytes` can be queued without a copy. Resizable memory may shrink in the meantime,
 * and other threads may write to shared memory.
 */
export function isFixed(bytes: Uint8Array): boolean {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && (buffer as { resizable?: boolean }).resizable !== true;
}

/**
 * Makes the error for a value that cannot become bytes.
 *
 * @param value What the application passed.
 * @param expected What it can pass: `"a string or a Uint8Array"`.
 */
export function unsendable(value: unknown, expected: string): TypeError {
  return new TypeError(`Cannot send ${typeName(value)}: give ${expected}`);
}

/** Names the type of a value in an error: `null`, `a number (42)`, `an ArrayBuffer`. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (/^(number|bigint|boolean)$/.test(typeof value)) return `a ${typeof value} (${value})`;
  // From the prototype: an object parsed from a peer's JSON can have a property `constructor`.
  const name = typeof value === "object"
    ? Object.getPrototypeOf(value)?.constructor?.name || "object"
    : typeof value;
  return `${/^[aeio]/i.test(name) ? "an" : "a"} ${name}`;
}
