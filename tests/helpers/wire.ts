/**
 * Connections without sockets: sent bytes are collected, and the test provides received bytes, cut
 * as it likes.
 *
 * @module
 */

import type { Protocol } from "../../src/protocol/protocol.ts";
import { ConcurrencyLimiter } from "../../src/connection/concurrency_limiter.ts";
import type { Handlers } from "../../src/connection/handlers.ts";
import { Statistics } from "../../src/connection/service.ts";
import { StreamConnection } from "../../src/connection/stream.ts";
import { DEFAULT_LIMITS } from "../../src/options.ts";
import type { StreamSocket } from "../../src/runtime/runtime.ts";

/** A socket that keeps what is written to it. */
class WireSocket implements StreamSocket {
  readonly remoteAddress = "192.0.2.1:1";
  readonly localAddress = "192.0.2.2:2";
  readonly written: Uint8Array<ArrayBuffer>[] = [];
  start(): void {}
  write(bytes: Uint8Array, length: number): boolean {
    this.written.push(bytes.slice(0, length));
    return true;
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  finish(): void {}
  destroy(): void {}
  terminate(): void {}
}

/** A connection of a service without a socket. */
export class Wire<In, Out> {
  readonly #socket = new WireSocket();
  /** The connection. */
  readonly connection: StreamConnection<In, Out>;

  constructor(protocol: Protocol<In, Out>, handlers: Handlers<In, Out> = {}) {
    this.connection = new StreamConnection<In, Out>(this.#socket, "tcp", {
      protocol,
      handlers,
      limits: DEFAULT_LIMITS,
      limiter: new ConcurrencyLimiter(Infinity),
      statistics: new Statistics(),
      forget: () => {},
    });
    this.connection.opened();
  }

  /** Everything that was written so far. */
  async written(): Promise<Uint8Array<ArrayBuffer>> {
    await Promise.resolve(); // What a turn sends is written at its end.
    return new Uint8Array(await new Blob(this.#socket.written).arrayBuffer());
  }

  /** Receives `bytes` in chunks of these sizes, repeatedly. */
  receive(bytes: Uint8Array, sizes: number[]): void {
    let block = new Uint8Array(Math.max(...sizes));
    for (let start = 0, turn = 0; start < bytes.length; turn++) {
      const length = Math.min(sizes[turn % sizes.length], bytes.length - start);
      for (let index = 0; index < length; index++) block[index] = bytes[start + index];
      start += length;
      // A runtime reads the next chunk into the same memory, unless the connection keeps it.
      if (this.connection.received(block, length)) block = new Uint8Array(block.length);
      else block.fill(0xff);
    }
  }
}
