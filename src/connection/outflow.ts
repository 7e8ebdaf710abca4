/**
 * Notices whether a peer still takes what it was sent.
 *
 * @module
 */

import { unacknowledgedBytes } from "../runtime/sockets/system_queue.ts";

/**
 * How much a connection has been sent before it is worth asking what the system holds of it, in bytes.
 */
const MIN_ASKED = 65_536;

/** What is known of a connection. */
export interface OutflowOf {
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** How many bytes the system has not taken yet. */
  readonly bufferedBytes: number;
  /** How many it has taken. */
  readonly bytesWritten: number;
}

/** Compares how much waits for a peer from one look to the next. */
export class Outflow {
  /** How many bytes the peer had not acknowledged at the last look. */
  waiting = 0;
  /** False as long as the system has not said what it holds. */
  known = true;
  /** What it held when it was asked last. */
  #queued = 0;

  /** Tells whether bytes wait, and others than at the last look: the peer is taking them. */
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
