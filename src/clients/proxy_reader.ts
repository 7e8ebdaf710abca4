/**
 * Reads the PROXY header of one connection.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { ProxyHeader } from "../protocol/connection.ts";
import { beginsLike, parseProxyHeader, V1_SIGNATURE, V2_SIGNATURE } from "./proxy_header.ts";

/** Most headers fit in this many bytes: addresses of IPv6 and some TLVs. */
const FIRST_SIZE = 128;

const NOTHING = new Uint8Array(0);

/** Takes the first bytes of a connection until its PROXY header is complete, or cannot be there. */
export class ProxyReader {
  /** True if the peer must send a header; false if it must not. */
  readonly required: boolean;
  /** What the peer has sent, once {@linkcode ProxyReader.take} has returned bytes. */
  header: ProxyHeader | undefined;
  /** What has arrived in part. Most headers arrive whole, and are not copied. */
  #bytes: Uint8Array | undefined;
  #count = 0;
  /** How many bytes are needed to read on. */
  #needed = 1;

  constructor(required: boolean) {
    this.required = required;
  }

  /**
   * Takes the next bytes.
   *
   * @returns What follows the header, perhaps a part of `bytes`; `undefined` if more bytes are needed.
   * Then `bytes` may be reused.
   * @throws {ProtocolError} If a required header is not valid, or the peer has sent one without
   * permission.
   */
  take(bytes: Uint8Array): Uint8Array | undefined {
    if (this.#bytes !== undefined) this.#add(bytes);
    const held = this.#bytes?.subarray(0, this.#count) ?? bytes;
    if (held.length < this.#needed) return this.#hold(bytes);
    const rest = this.required ? this.#read(held) : this.#inspect(held);
    return rest ?? this.#hold(bytes);
  }

  /** The bytes that may have become a header, if no more come. */
  takeHeld(): Uint8Array {
    return this.#bytes?.slice(0, this.#count) ?? NOTHING;
  }

  #read(held: Uint8Array): Uint8Array | undefined {
    const parsed = parseProxyHeader(held);
    if (typeof parsed === "number") return void (this.#needed = parsed);
    this.header = parsed.header;
    return held.subarray(parsed.size);
  }

  /** A stranger's first bytes are passed on as soon as they cannot be a header. */
  #inspect(held: Uint8Array): Uint8Array | undefined {
    for (const signature of [V1_SIGNATURE, V2_SIGNATURE]) {
      if (!beginsLike(held, signature)) continue;
      if (held.length < signature.length) return undefined;
      throw new ProtocolError(
        "A PROXY header came from a peer that is not in proxyProtocol.from",
      );
    }
    return held;
  }

  /** Keeps the first bytes, because more are needed. */
  #hold(bytes: Uint8Array): undefined {
    if (this.#bytes === undefined) this.#add(bytes);
  }

  #add(bytes: Uint8Array): void {
    const count = this.#count + bytes.length;
    let held = this.#bytes;
    if (held === undefined || count > held.length) {
      const before = held?.subarray(0, this.#count) ?? NOTHING;
      this.#bytes = held = new Uint8Array(Math.max(count, FIRST_SIZE, 2 * before.length));
      held.set(before);
    }
    held.set(bytes, this.#count);
    this.#count = count;
  }
}
