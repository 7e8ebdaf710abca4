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

/** Takes the first bytes of a connection until its PROXY header is complete, or cannot be there. */
export class ProxyReader {
  /** True if the peer must send a header; false if it must not. */
  readonly required: boolean;
  /** What the peer has sent, once {@linkcode ProxyReader.take} has returned bytes. */
  header: ProxyHeader | undefined;
  #bytes = new Uint8Array(FIRST_SIZE);
  #count = 0;
  /** How many bytes are needed to read on. */
  #needed = 1;

  constructor(required: boolean) {
    this.required = required;
  }

  /**
   * Takes the next bytes. They may be reused after the call.
   *
   * @returns What follows the header, or `undefined` if more bytes are needed.
   * @throws {ProtocolError} If a required header is not valid, or the peer has sent one without
   * permission.
   */
  take(bytes: Uint8Array): Uint8Array | undefined {
    this.#add(bytes);
    if (this.#count < this.#needed) return undefined;
    const held = this.#bytes.subarray(0, this.#count);
    return this.required ? this.#read(held) : this.#inspect(held);
  }

  /** The bytes that may have become a header, if no more come. */
  takeHeld(): Uint8Array {
    return this.#bytes.slice(0, this.#count);
  }

  #read(held: Uint8Array): Uint8Array | undefined {
    const parsed = parseProxyHeader(held);
    if (typeof parsed === "number") return void (this.#needed = parsed);
    this.header = parsed.header;
    return held.slice(parsed.size);
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
    return held.slice();
  }

  #add(bytes: Uint8Array): void {
    const count = this.#count + bytes.length;
    if (count > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(count, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#count));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#count);
    this.#count = count;
  }
}
