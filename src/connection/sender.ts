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

/** The owner of a {@linkcode Sender}. */
export interface SenderOwner {
  /** The system has taken `count` bytes. */
  took(count: number): void;
  /** The queue is full. */
  filled(): void;
  /** The queue is empty again after it was full. */
  drainedAgain(): void;
  /** The queue is empty. */
  emptied(): void;
}

/** Collects what a turn sends, and keeps one write in flight. */
export class Sender implements Writer {
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
   * @param socket Where it writes.
   * @param limit How many bytes can be queued, plus or minus one message.
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

  /** True while a write is in flight: further messages wait behind it. */
  get busy(): boolean {
    return this.#inFlight > 0;
  }

  /**
   * True if the queue is full. Before it says so, it offers what this turn has collected to the
   * system.
   */
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

  /** Queues a message: encoded by `session`, or with `raw` its bytes as they are. */
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

  /** Leaves the writing to the caller's {@linkcode Sender.writeOut}. */
  gather(): void {
    this.#gathering = true;
  }

  /** Writes at the end of the turn. */
  flush(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    writeAtEndOfTurn(this);
  }

  /** Writes queued bytes, piece by piece, until the system takes no more. */
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

  /** Calls `listener` when the queue is empty or the socket is closed. */
  onceDrained(listener: () => void): void {
    if (this.buffered === 0 || this.#closed) queueMicrotask(listener);
    else (this.#listeners ??= []).push(listener);
  }

  /** Resolves to true when the queue is empty, or to false if the socket closes first. */
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

  /** The socket is closed: queued bytes are lost. */
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
