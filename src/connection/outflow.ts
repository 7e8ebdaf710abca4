/**
 * Detects whether a peer still reads what it was sent.
 *
 * @module
 */

import { unacknowledgedBytes } from "../runtime/sockets/system_queue.ts";

/**
 * How many bytes must have been sent before it is worth querying the system's queue.
 */
const MIN_ASKED = 65_536;

/** What is known about a connection. */
export interface OutflowOf {
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** How many bytes the system has not taken yet. */
  readonly bufferedBytes: number;
  /** How many bytes the system has taken. */
  readonly bytesWritten: number;
}

/** Compares how much waits for a peer from one check to the next. */
export class Outflow {
  /** How many bytes the peer had not acknowledged at the last check. */
  waiting = 0;
  /** False while the size of the system's queue is unknown. */
  known = true;
  /** The size of the system's queue at the last query. */
  #queued = 0;

  /** True if bytes wait, and not the same ones as at the last check: the peer is reading. */
  moves({ localAddress, remoteAddress, bufferedBytes, bytesWritten }: OutflowOf): boolean {
    const before = this.waiting;
    this.waiting = bufferedBytes + this.#queued;
    if (bytesWritten >= MIN_ASKED) this.#ask(localAddress, remoteAddress);
    return this.waiting > 0 && this.waiting !== before;
  }

  async #ask(localAddress: string, remoteAddress: string): Promise<void> {
    this.known = false;
    this.#queued = await unacknowledgedBytes(localAddress, remoteAddress);
    this.known = true;
  }
}
