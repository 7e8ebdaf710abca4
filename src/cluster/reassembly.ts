/**
 * Messages larger than a bus can carry: cut into parts, and put together again.
 *
 * @module
 */

/** The largest message between processes, in bytes, with all that stands around its content. */
export const MAX_MESSAGE_SIZE = 32 * 1024 * 1024;

/**
 * How many bytes of unfinished messages are kept: those of senders that died are dropped, the oldest
 * first.
 */
const MAX_UNFINISHED = 2 * MAX_MESSAGE_SIZE;

/** What a part takes in memory beside its bytes: it counts for so many more. Parts may be empty. */
const PART_OVERHEAD = 128;

const MAGIC = [0x67, 0x02];
/** Two bytes of magic, eight of the message's number, four each of the part's and of how many. */
const HEADER_SIZE = 18;

/** Counts up from a random number: two processes hardly ever use the same. */
let nextNumber = crypto.getRandomValues(new BigUint64Array(1))[0];

/** Cuts `message` into parts of at most `limit` bytes each; one that fits stays as it is. */
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

/** A message of which parts are missing. */
interface Unfinished {
  parts: Uint8Array[];
  size: number;
  /** What it takes in memory, in bytes. */
  weight: number;
  count: number;
}

/** Puts parts together again. */
export class PartCollector {
  readonly #unfinished = new Map<bigint, Unfinished>();
  #weight = 0;

  /**
   * Takes what came.
   *
   * @returns The message where it is whole; undefined while parts are missing, or where this part
   * fits to nothing.
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
    // Parts come in order, or a part before this one was lost.
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
