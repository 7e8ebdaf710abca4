/**
 * The sending half of a stream connection.
 *
 * @module
 */

import type { Session } from "../protocol/session.ts";
import { writeBytes } from "../bytes/outgoing.ts";
import { WriteQueue } from "../bytes/send_buffer.ts";
import type { StreamSocket } from "../runtime/runtime.ts";
import { writeAtEndOfTurn, type Writer } from "./flush.ts";
import type { Sendable, SendOptions } from "../protocol/connection.ts";

/** Whom a {@linkcode Sender} tells. */
export interface SenderOwner {
  /** The system has taken `count` bytes. */
  took(count: number): void;
  /** As much waits as may. */
  filled(): void;
  /** Nothing waits any more, after it was full. */
  drainedAgain(): void;
  /** Nothing waits any more. */
  emptied(): void;
}

/** Gathers what a turn sends, and keeps one write in flight. */
export class Sender implements Writer {
  /** What waits. */
  readonly queue: WriteQueue = new WriteQueue();
  readonly #socket: StreamSocket;
  readonly #owner: SenderOwner;
  readonly #limit: number;
  /** Bytes given to the socket that the system has not taken yet. */
  #inFlight = 0;
  #gathering = false;
  #full = false;
  #closed = false;
  #listeners: (() => void)[] | undefined;

  /**
   * @param socket What it writes to.
   * @param owner Whom it tells.
   * @param limit How many bytes may wait, give or take one message.
   */
  constructor(socket: StreamSocket, owner: SenderOwner, limit: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#limit = limit;
  }

  /** How many bytes the system has not taken yet. */
  get buffered(): number {
    return this.queue.length + this.#inFlight;
  }

  /** True while a write is in flight: what is sent now waits behind it. */
  get busy(): boolean {
    return this.#inFlight > 0;
  }

  /** Tells whether no more may wait. What this turn has gathered is offered to the system first. */
  get full(): boolean {
    if (this.buffered < this.#limit) return false;
    this.writeOut();
    if (this.buffered < this.#limit) return false;
    if (!this.#full) {
      this.#full = true;
      this.#owner.filled();
    }
    return true;
  }

  /** Adds a message to what waits: by `session`, or with `raw` its bytes as they are. */
  write<Out>(
    session: Pick<Session<unknown, Out>, "write">,
    message: Sendable<Out>,
    shared?: Map<unknown, Uint8Array>,
    options?: SendOptions,
  ): void {
    const { queue } = this;
    queue.immutable = options?.immutable === true;
    if (options?.raw !== true) session.write(message as Out, queue, shared);
    else writeBytes(message as Uint8Array | string, queue);
    queue.immutable = false;
    this.flush();
  }

  /** Waits for the caller's {@linkcode Sender.writeOut}. */
  gather(): void {
    this.#gathering = true;
  }

  /** Writes at the end of the turn. */
  flush(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    writeAtEndOfTurn(this);
  }

  /** Writes what waits, one piece after the other, until the system takes no more. */
  writeOut(): void {
    this.#gathering = false;
    if (this.#inFlight > 0 || this.#closed) return;
    const { queue } = this;
    for (let length = queue.next(); length > 0; length = queue.next()) {
      this.#inFlight = length;
      if (!this.#socket.write(queue.piece, length)) return;
      this.#took();
    }
    if (this.#full) {
      this.#full = false;
      this.#owner.drainedAgain();
    }
    if (this.#listeners !== undefined) this.#tell();
    this.#owner.emptied();
  }

  /** Calls `listener` once nothing waits, or the socket is gone. */
  onceDrained(listener: () => void): void {
    if (this.buffered === 0 || this.#closed) queueMicrotask(listener);
    else (this.#listeners ??= []).push(listener);
  }

  /** Resolves to true once nothing waits, or to false if the socket is gone before. */
  drained(): Promise<boolean> {
    return new Promise((resolve) => this.onceDrained(() => resolve(!this.#closed)));
  }

  /** The system has taken a part of the write in flight. */
  progressed(count: number): void {
    this.#inFlight -= count;
    this.#owner.took(count);
  }

  /** The write in flight is done. */
  flushed(): void {
    this.#took();
    this.writeOut();
  }

  /** The socket is gone: what waits is lost. */
  close(): void {
    this.#closed = true;
    this.queue.clear();
    this.#tell();
  }

  #tell(): void {
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener();
  }

  #took(): void {
    const count = this.#inFlight;
    this.#inFlight = 0;
    this.queue.done();
    this.#owner.took(count);
  }
}
