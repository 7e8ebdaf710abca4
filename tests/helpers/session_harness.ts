/**
 * A connection without a socket: the test provides received bytes in any pieces, and sent bytes are
 * stored. Everything in between is real.
 *
 * @module
 */

import type { Protocol } from "../../src/protocol/protocol.ts";
import { ConcurrencyLimiter } from "../../src/connection/concurrency_limiter.ts";
import type { Handlers } from "../../src/connection/handlers.ts";
import { Statistics } from "../../src/connection/service.ts";
import { StreamConnection } from "../../src/connection/stream.ts";
import type { GoerError } from "../../src/errors.ts";
import { type Limits, resolveLimits } from "../../src/options.ts";
import type { StreamSocket } from "../../src/runtime/runtime.ts";

/** Decodes bytes to the characters of the same numbers. */
export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Encodes characters up to 255 as the bytes of the same numbers. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Options of {@linkcode openHarness}. */
export interface HarnessOptions<In, Out> extends Handlers<In, Out>, Limits {
  /** True if nothing is written before {@linkcode Harness.flush}. */
  stalled?: boolean;
}

/** The peer's side of a connection. */
export class Harness<In, Out> implements StreamSocket {
  readonly remoteAddress = "192.0.2.1:4711";
  readonly localAddress = "192.0.2.7:80";
  /** The connection. */
  readonly connection: StreamConnection<In, Out>;
  /** What was reported to `onError`. */
  readonly errors: GoerError[] = [];
  /** True while the connection does not read. */
  paused = false;
  /** True once the connection has ended its side, or is closed. */
  ended = false;
  /** True once the connection is closed. */
  destroyed = false;
  /** True if it was closed by a reset. */
  terminated = false;
  #sent: string[] = [];
  #stalled: boolean;

  constructor(protocol: Protocol<In, Out>, options: HarnessOptions<In, Out>) {
    this.#stalled = options.stalled ?? false;
    const { onConnect, onMessage, onClose, onBufferFull, onBufferDrain } = options;
    this.connection = new StreamConnection<In, Out>(this, "tcp", {
      protocol,
      handlers: {
        onConnect,
        onMessage,
        onClose,
        onBufferFull,
        onBufferDrain,
        onError: (connection, error) => {
          this.errors.push(error);
          options.onError?.(connection, error);
        },
      },
      limits: resolveLimits(options),
      limiter: new ConcurrencyLimiter(Infinity),
      statistics: new Statistics(),
      forget: () => {},
    });
    this.connection.opened();
  }

  /** All that the connection has sent, one character per byte. */
  get sent(): string {
    return this.#sent.join("");
  }

  /** The peer sends a piece. The connection must not keep a view of it. */
  receive(piece: string | Uint8Array): void {
    if (this.destroyed) return;
    const chunk = typeof piece === "string" ? bytesOf(piece) : piece.slice();
    const kept = this.connection.received(chunk, chunk.length);
    if (!kept) chunk.fill(0x2a);
  }

  /** The peer ends its side. */
  receiveEnd(): void {
    if (!this.destroyed) this.connection.ended();
  }

  /** The peer disconnects. */
  reset(): void {
    this.destroyed = this.ended = true;
    this.connection.closed(new Error("reset by the peer"));
  }

  /** Writes what was sent, if the harness is stalled. */
  flush(): void {
    this.connection.flushed();
  }

  start(): void {}

  write(bytes: Uint8Array, length: number): boolean {
    this.#sent.push(latin1(bytes.subarray(0, length)));
    return !this.#stalled;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.ended = true;
  }

  finish(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = this.ended = true;
    this.connection.closed();
  }

  terminate(): void {
    this.terminated = !this.destroyed;
    this.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

/** Opens a connection; `using` closes it at the end of a block. */
export function openHarness<In, Out>(
  protocol: Protocol<In, Out>,
  options: HarnessOptions<In, Out> = {},
): Harness<In, Out> {
  return new Harness(protocol, options);
}

/** Waits for promises and the end of the turn. */
export function turns(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
