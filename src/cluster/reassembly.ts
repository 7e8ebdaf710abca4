/**
 * Splits messages that are too large for a bus, and joins the parts.
 *
 * @module
 */

/** The largest message between processes, in bytes, including its header. */
export const MAX_MESSAGE_SIZE = 32 * 1024 * 1024;

/**
 * How many bytes of unfinished messages are kept. The oldest are dropped first, such as those of
 * senders that died.
 */
const MAX_UNFINISHED = 2 * MAX_MESSAGE_SIZE;

/** The memory that a part takes in addition to its bytes. Without it, empty parts would be free. */
const PART_OVERHEAD = 128;

const MAGIC = [0x67, 0x02];
/**
 * Two magic bytes, eight for the message's number, four for the part's number, four for the number
 * of parts.
 */
const HEADER_SIZE = 18;

/** Starts at a random number, so that two processes hardly ever use the same. */
let nextNumber = crypto.getRandomValues(new BigUint64Array(1))[0];

/** Splits `message` into parts of at most `limit` bytes each. A message that fits is unchanged. */
export function splitMessage(message: Uint8Array, limit: number): Uint8Array[] {
  if (message.length <= limit) return [message];
  const size = limit - HEADER_SIZE;
  const count = Math.ceil(message.length / size);
  const number = nextNumber++;
  return Array.from({ length: count }, (_, index) => {
    const piece = message.subarray(index * size, (index + 1) * size);
    const part = new Uint8Array(HEADER_SIZE + piece.length);
    const view = new DataView(part.buffer);
    part.set(MAGIC);
    view.setBigUint64(2, number);
    view.setUint32(10, index);
    view.setUint32(14, count);
    part.set(piece, HEADER_SIZE);
    return part;
  });
}

/** A message with missing parts. */
interface Unfinished {
  parts: Uint8Array[];
  size: number;
  /** The memory that it takes, in bytes. */
  weight: number;
  count: number;
}

/** Joins parts. */
export class PartCollector {
  readonly #unfinished = new Map<bigint, Unfinished>();
  #weight = 0;

  /**
   * Adds a received part, or a whole message.
   *
   * @returns The message if it is complete; undefined if parts are missing or this part is
   * unexpected.
   */
  receive(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length < HEADER_SIZE || MAGIC.some((byte, index) => bytes[index] !== byte)) {
      return bytes;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_SIZE);
    const number = view.getBigUint64(2);
    const index = view.getUint32(10);
    const known = this.#unfinished.get(number);
    const message = known ?? { parts: [], size: 0, weight: 0, count: view.getUint32(14) };
    // Parts arrive in order, unless an earlier one was lost.
    if (index !== message.parts.length || message.size + bytes.length > MAX_MESSAGE_SIZE) {
      this.#forget(number);
      return undefined;
    }
    if (known === undefined) this.#unfinished.set(number, message);
    message.parts.push(bytes.subarray(HEADER_SIZE));
    message.size += bytes.length - HEADER_SIZE;
    message.weight += bytes.length + PART_OVERHEAD;
    this.#weight += bytes.length + PART_OVERHEAD;
    if (message.parts.length < message.count) return this.#limit();
    this.#forget(number);
    return joined(message);
  }

  #limit(): undefined {
    for (const number of this.#unfinished.keys()) {
      if (this.#weight <= MAX_UNFINISHED) return;
      this.#forget(number);
    }
  }

  #forget(number: bigint): void {
    this.#weight -= this.#unfinished.get(number)?.weight ?? 0;
    this.#unfinished.delete(number);
  }
}

function joined({ parts, size }: Unfinished): Uint8Array {
  const message = new Uint8Array(size);
  let end = 0;
  for (const part of parts) {
    message.set(part, end);
    end += part.length;
  }
  return message;
}
