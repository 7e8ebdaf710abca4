/**
 * A peer without a socket, for measurements: its bytes go through a real connection, and what it
 * receives is dropped.
 *
 * @module
 */

import type { Protocol } from "../../src/protocol/protocol.ts";
import { ConcurrencyLimiter } from "../../src/connection/concurrency_limiter.ts";
import { Statistics } from "../../src/connection/service.ts";
import { StreamConnection } from "../../src/connection/stream.ts";
import { resolveLimits } from "../../src/options.ts";
import type { StreamSocket } from "../../src/runtime/runtime.ts";

/** The size of a read of a busy socket, in bytes. */
const READ_SIZE = 64 * 1024;

/** A handler for messages. A promise holds the next message back. */
export type Handle<In, Out> = (connection: StreamConnection<In, Out>, message: In) => unknown;

/** Options of {@linkcode Peer}. */
export interface Attack {
  /** The protocol. */
  readonly protocol: Protocol<unknown, unknown>;
  /** The handler. */
  readonly handle: Handle<unknown, unknown>;
  /** How many bytes arrive together. Default: the size of a read. */
  readonly piece?: number;
}

/** A connection from its socket's side. */
class Peer implements StreamSocket {
  readonly remoteAddress = "192.0.2.1:4711";
  readonly localAddress = "192.0.2.7:80";
  readonly connection: StreamConnection<unknown, unknown>;
  /** The handlers that have not settled. */
  pending: unknown[] = [];
  paused = false;
  gone = false;
  readonly #memory = new Uint8Array(READ_SIZE);

  constructor({ protocol, handle }: Attack) {
    this.connection = new StreamConnection<unknown, unknown>(this, "tcp", {
      protocol,
      handlers: {
        onMessage: (connection, message) => {
          const result = handle(connection as StreamConnection<unknown, unknown>, message);
          if (!(result instanceof Promise)) return;
          const settled = result.catch(() => {});
          this.pending.push(settled);
          return settled;
        },
        onError: () => {},
      },
      limits: resolveLimits({}),
      limiter: new ConcurrencyLimiter(Infinity),
      statistics: new Statistics(),
      forget: () => {},
    });
    this.connection.opened();
  }

  /** Sends `bytes` in pieces, as fast as the connection reads them. */
  async send(bytes: Uint8Array, piece = READ_SIZE): Promise<void> {
    let memory = this.#memory;
    for (let start = 0; start < bytes.length && !this.gone;) {
      const length = Math.min(piece, bytes.length - start, memory.length);
      if (length === 1) memory[0] = bytes[start];
      else memory.set(bytes.subarray(start, start + length));
      start += length;
      if (this.connection.received(memory, length)) memory = new Uint8Array(READ_SIZE);
      for (let turn = 0; this.paused && !this.gone && turn < 100; turn++) await undefined;
    }
    while (this.pending.length > 0) await this.pending.pop();
    this.destroy();
  }

  start(): void {}

  write(): boolean {
    return true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.gone = true;
  }

  finish(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.gone && !this.connection.open) return;
    this.gone = true;
    this.connection.closed();
  }

  terminate(): void {
    this.destroy();
  }
}

/** Sends `bytes` over a new connection, and waits until they have been handled. */
export function attack(target: Attack, bytes: Uint8Array): Promise<void> {
  return new Peer(target).send(bytes, target.piece);
}

/** The CPU time of this process so far, in ms, which other processes hardly affect. */
function processorTime(): number {
  const { user, system } = globalThis.process.cpuUsage();
  return (user + system) / 1000;
}

/** The minimum CPU time of `task`, in ms, from several measurements. */
export async function leastTime(
  task: () => Promise<void>,
  { rounds, minDuration }: { rounds: number; minDuration: number },
): Promise<number> {
  let least = Infinity;
  let count = 1;
  for (let round = 0; round < rounds;) {
    const start = processorTime();
    for (let index = 0; index < count; index++) await task();
    const duration = processorTime() - start;
    if (duration < minDuration && count < 10_000) count *= 2;
    else {
      round++;
      least = Math.min(least, duration / count);
    }
  }
  return least;
}
