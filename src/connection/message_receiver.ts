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
 * How much of a peer's next messages to read while a handler or a response is pending, in bytes.
 * Without reading, a socket does not notice that its peer has ended or disconnected.
 */
const READ_AHEAD = 16 * 1024;

/**
 * The same for a session that inspects what follows the waiting messages, in bytes: what a peer
 * that is sending a large message still has to say. At most `maxPacketSize`.
 */
const LOOK_AHEAD = 1024 * 1024;

/** The owner of a {@linkcode MessageReceiver}. */
export interface MessageReceiverOwner<In> {
  /** The largest message, in bytes. */
  readonly maxPacketSize: number;
  /** False once the connection is closing: then only the session sees what still arrives. */
  readonly open: boolean;
  /** True if a full send buffer is no reason to stop reading. */
  readonly forwards: boolean;
  /** The same while what fills the buffer does not answer messages. */
  readonly asks: boolean;
  /** A message has arrived. The owner may hold the receiver. */
  handle(message: In): void;
  /** Another message could be read. Returns false if it must wait. */
  admits(): boolean;
  /** The peer has violated the protocol. */
  fail(error: Error): void;
  /** The peer has ended its side, and everything it sent has been read. */
  finished(buffer: GrowingReceiveBuffer): void;
}

/** Reads bytes from the socket and messages from the session, unless something holds them. */
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
  #answering = false;
  /** False if the send buffer was filled by other messages than answers. */
  #fullOfAnswers = true;

  constructor(socket: StreamSocket, sender: Sender, owner: MessageReceiverOwner<In>) {
    this.#socket = socket;
    this.#sender = sender;
    this.#owner = owner;
  }

  /** Uses `session` from the next byte on. */
  use(session: Session<In, never>): void {
    this.#session = session;
    this.#buffer.expect(1);
  }

  /** Bytes have arrived. Returns true if the chunk must be kept. */
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

  /** Stops reading messages, for a reason of `hold.ts`. */
  hold(reason: number): void {
    if (this.#closed) return;
    this.#holds |= reason;
    if (reason === hold.HANDLER) this.#buffer.pin();
    this.#regulate();
  }

  /** The reason no longer applies. */
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

  /** True while a handler may wait for messages: they are then read although it is pending. */
  set answering(pending: boolean) {
    if (this.#answering === pending) return;
    this.#answering = pending;
    if (this.#holds !== 0) this.pump();
  }

  /** Drops all reasons: the session alone reads the rest. */
  releaseAll(): void {
    this.#holds = 0;
    this.#regulate();
  }

  /** Stops reading messages; what still arrives is dropped. */
  close(): void {
    this.#closed = true;
    this.#holds = 0;
    // During a handler, its message is still a view of the buffer.
    if (!this.#pumping) this.#buffer.clear();
    this.#regulate();
  }

  /**
   * Reads message after message, then writes what the handlers have sent. A nested call only
   * repeats the loop, so that the stack does not grow with the number of messages.
   */
  pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#again) {
      this.#again = false;
      // The session may have filled the buffer since: the answer to another message would be refused.
      this.#holdIfFull();
      this.#sender.gather();
      const starved = this.#readAll();
      if (this.#looksAhead) this.#session.lookAhead?.(this.#buffer);
      this.#sender.writeOut();
      // What the session sends by itself (pongs) has to wait for the peer as well.
      this.#holdIfFull();
      if (starved && this.#ended && !this.#closed) this.#finish();
    }
    this.#pumping = false;
    if (this.#closed) this.#buffer.clear();
    if (this.#holds !== 0 || this.#paused) this.#regulate();
  }

  /**
   * The send buffer is full. A client that stopped reading because it sends a lot by itself would wait
   * for ever for a peer that answers, and stops reading for the same reason. A handler that is pending
   * may have filled it with its answer.
   */
  filled(): void {
    this.#fullOfAnswers = !this.#owner.asks || this.#pumping || this.held(hold.HANDLER);
    this.#holdIfFull();
  }

  /** Stops reading messages whose answers could not be sent. */
  #holdIfFull(): void {
    const { open, forwards } = this.#owner;
    if (!open || forwards || !this.#sender.full) return;
    if (this.#fullOfAnswers) this.hold(hold.SEND_BUFFER);
  }

  /** Returns true if it stopped because more bytes are needed. */
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
    return this.#holds === 0 || this.#readsDuringHandler;
  }

  get #readsDuringHandler(): boolean {
    return this.#holds === hold.HANDLER && (this.#answering || this.#session.streaming === true);
  }

  /** A session should limit how much it waits for; this catches those that do not. */
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

  /** Pauses or resumes the socket, depending on what holds messages. */
  #regulate(): void {
    const pause = this.#holds !== 0 && !this.#readsOn();
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#socket.pause();
    else this.#socket.resume();
  }

  /** True if the socket is read although messages wait. */
  #readsOn(): boolean {
    const looks = this.#looksAhead && this.#session.lookAhead !== undefined;
    if (!looks && (this.#holds & ~(hold.HANDLER | hold.SESSION)) !== 0) return false;
    if (this.#readsDuringHandler) return true;
    const limit = looks ? Math.min(LOOK_AHEAD, this.#owner.maxPacketSize) : 0;
    return this.#buffer.length < Math.max(limit, READ_AHEAD);
  }

  /**
   * True if the session inspects what follows the messages. Not for a peer that does not read, or
   * sends too much.
   */
  get #looksAhead(): boolean {
    const stops = hold.SEND_BUFFER | hold.RATE;
    return this.#holds !== 0 && (this.#holds & stops) === 0 && !this.#closed;
  }
}
