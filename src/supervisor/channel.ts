/**
 * Messages over the control socket. Each is a frame: its length (32 bits, big-endian, what follows
 * it), one byte that says what it holds, and that: JSON, or bytes which nobody on the way looks at.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import {
  connectLocal,
  type LocalSocket,
  type LocalSocketHandlers,
} from "../runtime/local_socket.ts";

/** The largest frame, in bytes: a message of 10 MiB between workers, and its envelope. */
export const MAX_FRAME_SIZE = 11 * 1024 * 1024;

const HEADER_SIZE = 5;
const KIND_MESSAGE = 0;
const KIND_BYTES = 1;

/** What becomes of a {@linkcode Channel}. */
export interface ChannelHandlers<In> {
  /** A message came. */
  onMessage(message: In, channel: Channel<In>): void;
  /** Bytes came; they are the receiver's to keep. */
  onBytes?(bytes: Uint8Array, channel: Channel<In>): void;
  /** The other end is gone, or sent what is no frame. */
  onClose?(channel: Channel<In>): void;
}

/** One end of a connection over the control socket. */
export class Channel<In> {
  readonly #handlers: ChannelHandlers<In>;
  #socket: LocalSocket | undefined;
  #received: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  #length = 0;

  constructor(handlers: ChannelHandlers<In>) {
    this.#handlers = handlers;
  }

  /** Connects to the socket at `path`. */
  static async connect<In>(path: string, handlers: ChannelHandlers<In>): Promise<Channel<In>> {
    const channel = new Channel<In>(handlers);
    channel.#socket = await connectLocal(path, channel.#events());
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

  /** True until the connection is gone. */
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

  #write(kind: number, payload: Uint8Array): void {
    if (payload.length >= MAX_FRAME_SIZE) {
      throw new RangeError(
        `Cannot send a control message: ${payload.length} bytes are over ${MAX_FRAME_SIZE}`,
      );
    }
    const frame = new Uint8Array(HEADER_SIZE + payload.length);
    new DataView(frame.buffer).setUint32(0, payload.length + 1);
    frame[4] = kind;
    frame.set(payload, HEADER_SIZE);
    this.#socket?.write(frame);
  }

  /** Sends what waits, then ends the connection. */
  end(): void {
    this.#socket?.end();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket?.destroy();
  }

  #events(): LocalSocketHandlers {
    return {
      onBytes: (bytes) => this.#receive(bytes),
      onClose: () => {
        this.#socket = undefined;
        this.#handlers.onClose?.(this);
      },
    };
  }

  #receive(bytes: Uint8Array): void {
    this.#append(bytes);
    let start = 0;
    while (this.#length - start >= HEADER_SIZE) {
      const size = new DataView(this.#received.buffer).getUint32(start);
      if (size === 0 || size > MAX_FRAME_SIZE) return this.destroy();
      if (this.#length - start < 4 + size) break;
      const payload = this.#received.slice(start + HEADER_SIZE, start + 4 + size);
      this.#deliver(this.#received[start + 4], payload);
      start += 4 + size;
    }
    this.#received.copyWithin(0, start, this.#length);
    this.#length -= start;
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#received.length) {
      const larger = new Uint8Array(Math.max(needed, this.#received.length * 2));
      larger.set(this.#received.subarray(0, this.#length));
      this.#received = larger;
    }
    this.#received.set(bytes, this.#length);
    this.#length = needed;
  }

  #deliver(kind: number, payload: Uint8Array): void {
    if (kind === KIND_BYTES) return this.#handlers.onBytes?.(payload, this);
    if (kind !== KIND_MESSAGE) return this.destroy();
    let message: In;
    try {
      message = JSON.parse(new TextDecoder().decode(payload));
    } catch {
      return this.destroy();
    }
    this.#handlers.onMessage(message, this);
  }
}

/** Connects, and tells a supervisor that is not there from other failures. */
export async function connectToSupervisor<In>(
  path: string,
  handlers: ChannelHandlers<In>,
): Promise<Channel<In>> {
  try {
    return await Channel.connect(path, handlers);
  } catch (cause) {
    throw new GoerError("GOER_SUPERVISOR", `Cannot reach the supervisor: ${path}`, { cause });
  }
}
