/**
 * Messages between processes, over the control socket and over the channels of workers. Each is a frame:
 * its length (32 bits, big-endian, what follows it), one byte that says what it holds, and that: JSON,
 * bytes which nobody on the way looks at, or log lines.
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

/** What becomes of a {@linkcode Channel}. */
export interface ChannelHandlers<In> {
  /** What a message looks like: whatever else comes ends the connection. */
  readonly accepts: Shape<In>;
  /** A message came. */
  onMessage(message: In, channel: Channel<In>): void;
  /** Bytes came; they are the receiver's to keep. */
  onBytes?(bytes: Uint8Array, channel: Channel<In>): void;
  /** Log lines came, cut anywhere; the view is valid during the call only. */
  onOutput?(bytes: Uint8Array, channel: Channel<In>): void;
  /** The connection is ended: what came is no message, or could not be handled. */
  onFault?(reason: string, channel: Channel<In>): void;
  /** The other end is gone, or the connection was ended. */
  onClose?(channel: Channel<In>): void;
}

/** One end of a connection. */
export class Channel<In> {
  readonly #handlers: ChannelHandlers<In>;
  #socket: LocalSocket | undefined;
  readonly #received = new GrowingReceiveBuffer();
  #faulty = false;
  #onClosed = () => {};
  /** Resolves when the connection has ended, and all that came over it is handled. */
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
   * Reads what this process shares with one that it has started, or that has started it.
   *
   * @param received What an earlier image has read of a frame.
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

  /** Takes over a socket that was accepted. */
  accept(socket: LocalSocket): LocalSocketHandlers {
    this.#socket = socket;
    return this.#events();
  }

  /** Bytes that the other end has not taken yet. */
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

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.#write(KIND_BYTES, bytes);
  }

  /** Sends log lines. @param done Hears when the system has taken them, or will not. */
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
   * Leaves what comes from here on to another image, or process.
   *
   * @returns The descriptor, and what was read of a frame; `undefined` where a frame of this end is cut.
   */
  handOver(): { descriptor: number; received: Uint8Array } | undefined {
    const descriptor = this.#socket?.descriptor;
    if (this.#socket === undefined || descriptor === undefined) return undefined;
    if (this.#faulty || this.#socket.bufferedBytes > 0) return undefined;
    this.#socket.pause();
    return { descriptor, received: this.#received.view(0, this.#received.length).slice() };
  }

  /** Reads on: no other image does. */
  takeBack(): void {
    this.#socket?.resume();
  }

  /**
   * Sends what waits, then ends the connection.
   *
   * @returns Resolves when all has left, or cannot: it may never, where the other end does not read.
   */
  async end(): Promise<void> {
    await this.#socket?.end();
  }

  /** Ends the connection at once. */
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

  /** Takes bytes as they come, cut anywhere. */
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

  /** Whatever goes wrong with what came costs this connection, and nothing else. */
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

  /** Ends the connection at once, for what came over it. */
  refuse(reason: string): void {
    if (this.#faulty) return;
    this.#faulty = true;
    this.#handlers.onFault?.(reason, this);
    this.destroy();
  }
}
