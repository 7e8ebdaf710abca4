/**
 * The receiving half of a stream connection.
 *
 * @module
 */

import { HOLD, MORE, type Session } from "../protocol/session.ts";
import { GrowingReceiveBuffer } from "../bytes/receive_buffer.ts";
import { packetTooLarge } from "../errors.ts";
import type { StreamSocket } from "../runtime/runtime.ts";
import * as hold from "./hold.ts";
import type { Sender } from "./sender.ts";

/**
 * How much of a peer's next messages is read ahead while a handler is pending, or an answer, in bytes. A
 * socket that is not read tells nothing of a peer that ends or goes.
 */
const READ_AHEAD = 16 * 1024;

/**
 * The same where the session looks at what comes behind the messages that wait, in bytes: what a peer with
 * a large message on its way still has to say. No more than `maxPacketSize`.
 */
const LOOK_AHEAD = 1024 * 1024;

/** Whom a {@linkcode MessageReceiver} tells. */
export interface MessageReceiverOwner<In> {
  /** The largest message, in bytes. */
  readonly maxPacketSize: number;
  /** False once the connection is closing: what still comes is for the session alone. */
  readonly open: boolean;
  /** A message has come; the receiver may be held by it. */
  handle(message: In): void;
  /** Another message could be read: returns false if it may not be now. */
  admits(): boolean;
  /** The peer's bytes break the protocol. */
  fail(error: Error): void;
  /** The peer has ended its side, and all that it sent has been read. */
  finished(buffer: GrowingReceiveBuffer): void;
}

/** Asks the session for messages, and the socket for bytes, as long as nothing holds them. */
export class MessageReceiver<In> {
  readonly #socket: StreamSocket;
  readonly #sender: Sender;
  readonly #owner: MessageReceiverOwner<In>;
  readonly #buffer = new GrowingReceiveBuffer();
  #session!: Session<In, never>;
  #holds = 0;
  #pumping = false;
  #again = false;
  #paused = false;
  #ended = false;
  #closed = false;

  constructor(socket: StreamSocket, sender: Sender, owner: MessageReceiverOwner<In>) {
    this.#socket = socket;
    this.#sender = sender;
    this.#owner = owner;
  }

  /** Reads by `session` from the next byte on. */
  use(session: Session<In, never>): void {
    this.#session = session;
    this.#buffer.expect(1);
  }

  /** Bytes came in. Returns true if they have to be kept. */
  received(bytes: Uint8Array, length: number): boolean {
    if (this.#closed) return false;
    this.#buffer.add(bytes, length);
    this.pump();
    return this.#buffer.giveBack();
  }

  /** The peer has ended its side. */
  ended(): void {
    this.#ended = true;
    this.pump();
  }

  /** Asks for no more messages, for one of the reasons above. */
  hold(reason: number): void {
    this.#holds |= reason;
    if (reason === hold.HANDLER) this.#buffer.pin();
    this.#regulate();
  }

  /** The reason is gone. */
  release(reason: number): void {
    if ((this.#holds & reason) === 0) return;
    this.#holds &= ~reason;
    if (reason === hold.HANDLER) this.#buffer.unpin();
    this.pump();
  }

  /** True while held for `reason`. */
  held(reason: number): boolean {
    return (this.#holds & reason) !== 0;
  }

  /** Nothing holds any more: the rest is read for the session alone. */
  releaseAll(): void {
    this.#holds = 0;
    this.#regulate();
  }

  /** No more messages: what still comes is dropped. */
  close(): void {
    this.#closed = true;
    this.#holds = 0;
    // Within a handler its message is still a view of the buffer.
    if (!this.#pumping) this.#buffer.clear();
    this.#regulate();
  }

  /**
   * Asks the session for message after message, then writes what the handlers have sent. A call from
   * within makes it go round once more, so that the stack does not grow with the messages.
   */
  pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#again) {
      this.#again = false;
      this.#sender.gather();
      const starved = this.#readAll();
      if (this.#looksAhead) this.#session.lookAhead?.(this.#buffer);
      this.#sender.writeOut();
      // What the session says by itself (pongs) has to wait for the peer as well.
      if (this.#owner.open && this.#sender.full) this.hold(hold.SEND_BUFFER);
      if (starved && this.#ended && !this.#closed) this.#finish();
    }
    this.#pumping = false;
    if (this.#closed) this.#buffer.clear();
    if (this.#holds !== 0 || this.#paused) this.#regulate();
  }

  /** Returns true if it stopped for want of bytes. */
  #readAll(): boolean {
    const buffer = this.#buffer;
    while (this.#ready()) {
      if (buffer.length < buffer.needed) return true;
      if (!this.#owner.admits()) return false;
      let message: In | typeof MORE | typeof HOLD;
      try {
        message = this.#session.read(buffer);
        if (message === MORE) return this.#wantsMore();
      } catch (error) {
        this.#owner.fail(error as Error);
        return false;
      }
      if (message === HOLD) this.#holds |= hold.SESSION;
      else this.#owner.handle(message);
    }
    return false;
  }

  #ready(): boolean {
    if (this.#closed) return false;
    return this.#holds === 0 || (this.#holds === hold.HANDLER && this.#session.streaming === true);
  }

  /** A session has to bound what it waits for; this is for those that do not. */
  #wantsMore(): boolean {
    const { length } = this.#buffer;
    const limit = this.#owner.maxPacketSize;
    if (length > limit + READ_AHEAD) throw packetTooLarge(length, limit);
    return true;
  }

  #finish(): void {
    this.#ended = false;
    this.#owner.finished(this.#buffer);
  }

  /** Lets the socket read, or not, by what holds. */
  #regulate(): void {
    const pause = this.#holds !== 0 && !this.#readsOn();
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#socket.pause();
    else this.#socket.resume();
  }

  /** Whether the socket is read although messages wait. */
  #readsOn(): boolean {
    const looks = this.#looksAhead && this.#session.lookAhead !== undefined;
    if (!looks && (this.#holds & ~(hold.HANDLER | hold.SESSION)) !== 0) return false;
    if (this.#holds === hold.HANDLER && this.#session.streaming === true) return true;
    const limit = looks ? Math.min(LOOK_AHEAD, this.#owner.maxPacketSize) : 0;
    return this.#buffer.length < Math.max(limit, READ_AHEAD);
  }

  /** Whether the session looks at what comes behind messages. A peer that does not read is not heard. */
  get #looksAhead(): boolean {
    return this.#holds !== 0 && (this.#holds & hold.SEND_BUFFER) === 0 && !this.#closed;
  }
}
