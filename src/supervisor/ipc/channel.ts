/**
 * Messages between processes, over the control socket and over the channels of workers. Each is a
 * frame: its length (32 bits, big-endian, without itself), one byte for its kind, and the content:
 * JSON, opaque bytes, or log lines.
 *
 * @module
 */

import { GrowingReceiveBuffer } from "../../bytes/receive_buffer.ts";
import { parseShaped, type Shape } from "../../shapes.ts";
import { describeError } from "./describe_error.ts";
import {
  connectLocal,
  type LocalSocket,
  type LocalSocketHandlers,
  type UnreadSocket,
} from "../../runtime/sockets/local_socket.ts";

/** The largest frame, in bytes: a message of 10 MiB between workers, and its envelope. */
export const MAX_FRAME_SIZE = 11 * 1024 * 1024;

const HEADER_SIZE = 5;
const KIND_MESSAGE = 0;
const KIND_BYTES = 1;
const KIND_OUTPUT = 2;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The events of a {@linkcode Channel}. */
export interface ChannelHandlers<In> {
  /** The shape of a message. Anything else ends the connection. */
  readonly accepts: Shape<In>;
  /** A message has arrived. */
  onMessage(message: In, channel: Channel<In>): void;
  /** Bytes have arrived. The receiver may keep them. */
  onBytes?(bytes: Uint8Array, channel: Channel<In>): void;
  /** Log lines have arrived, cut anywhere. The view is valid only during the call. */
  onOutput?(bytes: Uint8Array, channel: Channel<In>): void;
  /** The connection was ended, because a message was invalid or could not be handled. */
  onFault?(reason: string, channel: Channel<In>): void;
  /** The other side has disconnected, or the connection was ended. */
  onClose?(channel: Channel<In>): void;
}

/** One side of a connection. */
export class Channel<In> {
  readonly #handlers: ChannelHandlers<In>;
  #socket: LocalSocket | undefined;
  readonly #received = new GrowingReceiveBuffer();
  #faulty = false;
  #onClosed = () => {};
  /** Resolves when the connection has ended and everything received has been handled. */
  readonly closed: Promise<void> = new Promise((resolve) => this.#onClosed = resolve);

  constructor(handlers: ChannelHandlers<In>) {
    this.#handlers = handlers;
  }

  /** Connects to the socket at `path`. */
  static async connect<In>(path: string, handlers: ChannelHandlers<In>): Promise<Channel<In>> {
    const channel = new Channel<In>(handlers);
    channel.#socket = await connectLocal(path, channel.#events());
    return channel;
  }

  /**
   * Reads from a connection that this process shares with its child or parent.
   *
   * @param received The part of a frame that a previous supervisor has read.
   */
  static open<In>(
    socket: UnreadSocket,
    handlers: ChannelHandlers<In>,
    received?: Uint8Array,
  ): Channel<In> {
    const channel = new Channel<In>(handlers);
    if (received) channel.#received.add(received, received.length);
    channel.#socket = socket(channel.#events());
    return channel;
  }

  /** Uses an accepted socket. */
  accept(socket: LocalSocket): LocalSocketHandlers {
    this.#socket = socket;
    return this.#events();
  }

  /** Bytes that the other side has not read yet. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedBytes ?? 0;
  }

  /** True until the connection has ended. */
  get open(): boolean {
    return this.#socket !== undefined;
  }

  /** Sends a message, as JSON. */
  send(message: unknown): void {
    this.#write(KIND_MESSAGE, new TextEncoder().encode(JSON.stringify(message)));
  }

  /** Sends bytes unchanged. */
  sendBytes(bytes: Uint8Array): void {
    this.#write(KIND_BYTES, bytes);
  }

  /** Sends log lines. @param done Called when the system has taken them, or sending has failed. */
  sendOutput(bytes: Uint8Array, done: (ok: boolean) => void): void {
    if (this.open) this.#write(KIND_OUTPUT, bytes, done);
    else done(false);
  }

  #write(kind: number, payload: Uint8Array, done?: (ok: boolean) => void): void {
    if (payload.length >= MAX_FRAME_SIZE) {
      throw new RangeError(
        `Cannot send a control message: ${payload.length} bytes are over ${MAX_FRAME_SIZE}`,
      );
    }
    const frame = new Uint8Array(HEADER_SIZE + payload.length);
    new DataView(frame.buffer).setUint32(0, payload.length + 1);
    frame[4] = kind;
    frame.set(payload, HEADER_SIZE);
    this.#socket?.write(frame, done);
  }

  /**
   * Stops reading, so that a new supervisor can continue.
   *
   * @returns The descriptor, and the received part of a frame; `undefined` if a sent frame is
   * incomplete.
   */
  handOver(): { descriptor: number; received: Uint8Array } | undefined {
    const descriptor = this.#socket?.descriptor;
    if (this.#socket === undefined || descriptor === undefined) return undefined;
    if (this.#faulty || this.#socket.bufferedBytes > 0) return undefined;
    this.#socket.pause();
    return { descriptor, received: this.#received.view(0, this.#received.length).slice() };
  }

  /** Resumes reading, because there is no new supervisor. */
  takeBack(): void {
    this.#socket?.resume();
  }

  /**
   * Sends queued data, then ends the connection.
   *
   * @returns Resolves when everything was sent, or sending has failed. It may never, if the other
   * side does not read.
   */
  async end(): Promise<void> {
    await this.#socket?.end();
  }

  /** Ends the connection immediately. */
  destroy(): void {
    this.#socket?.destroy();
  }

  #events(): LocalSocketHandlers {
    return {
      onBytes: (bytes) => !this.#faulty && this.receive(bytes),
      onClose: () => {
        this.#socket = undefined;
        this.#handlers.onClose?.(this);
        this.#onClosed();
      },
    };
  }

  /** Receives bytes, cut anywhere. */
  receive(bytes: Uint8Array): void {
    this.#received.add(bytes, bytes.length);
    while (!this.#faulty && this.#received.length >= HEADER_SIZE) {
      const header = this.#received.view(0, HEADER_SIZE);
      const size = new DataView(header.buffer, header.byteOffset).getUint32(0);
      if (size === 0 || size > MAX_FRAME_SIZE) return this.refuse("it sent an invalid frame");
      if (this.#received.length < 4 + size) break;
      const payload = this.#received.view(HEADER_SIZE, size - 1).slice();
      this.#received.consume(4 + size);
      this.#deliver(header[4], payload);
    }
    this.#received.giveBack();
  }

  /** An error in a message only ends this connection. */
  #deliver(kind: number, payload: Uint8Array): void {
    try {
      if (kind === KIND_BYTES) return this.#handlers.onBytes?.(payload, this);
      if (kind === KIND_OUTPUT && this.#handlers.onOutput) {
        return this.#handlers.onOutput(payload, this);
      }
      const message = kind === KIND_MESSAGE
        ? parseShaped(decoder.decode(payload), this.#handlers.accepts)
        : undefined;
      if (message === undefined) return this.refuse("it sent an invalid message");
      this.#handlers.onMessage(message, this);
    } catch (error) {
      this.refuse(`its message could not be handled: ${describeError(error)}`);
    }
  }

  /** Ends the connection immediately, because of an invalid message. */
  refuse(reason: string): void {
    if (this.#faulty) return;
    this.#faulty = true;
    this.#handlers.onFault?.(reason, this);
    this.destroy();
  }
}
