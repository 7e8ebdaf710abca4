/** A WebSocket session in memory, with a simulated connection. */

import type { SessionContext, SessionTimer } from "../../src/protocol/protocol.ts";
import type { ReceiveBuffer, SendBuffer } from "../../src/protocol/buffers.ts";
import { MORE } from "../../src/protocol/session.ts";
import {
  type CompressionOptions,
  negotiateExtensions,
} from "../../protocols/websocket/extension.ts";
import { webSocketSettings } from "../../protocols/websocket/settings.ts";
import type {
  WebSocketConnection,
  WebSocketOutgoing,
} from "../../protocols/websocket/connection.ts";
import type { WebSocketOptions } from "../../protocols/websocket/options.ts";
import { WebSocketSession } from "../../protocols/websocket/session.ts";
import { type Frame, readFrames } from "./frames.ts";

/** Received bytes, in a new array after each chunk. */
class TestReceiveBuffer implements ReceiveBuffer {
  bytes = new Uint8Array(0);
  start = 0;
  end = 0;
  expected = 1;

  get length(): number {
    return this.end - this.start;
  }

  view(offset: number, length: number): Uint8Array {
    if (offset + length > this.length) throw new RangeError("The view is past the end");
    return this.bytes.subarray(this.start + offset, this.start + offset + length);
  }

  consume(count: number): void {
    if (count > this.length) throw new RangeError("More is consumed than there is");
    this.start += count;
    this.expected = 1;
  }

  expect(count: number): void {
    this.expected = count;
  }

  add(chunk: Uint8Array): void {
    const rest = this.bytes.subarray(this.start, this.end);
    // Odd, so that payloads are not aligned to words.
    const start = 3;
    this.bytes = new Uint8Array(start + rest.length + chunk.length);
    this.bytes.set(rest, start);
    this.bytes.set(chunk, start + rest.length);
    this.start = start;
    this.end = this.bytes.length;
  }
}

/** Bytes to send; `ensure` makes no more room than necessary. */
export class TestSendBuffer implements SendBuffer {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  end = 0;
  #later: string[] = [];
  #write: ((texts: readonly string[], out: SendBuffer) => void) | undefined;

  ensure(count: number): void {
    this.#writeLater();
    if (this.bytes.length - this.end >= count) return;
    const larger = new Uint8Array(this.end + count);
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
  }

  copy(bytes: Uint8Array): void {
    this.ensure(bytes.length);
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
  }

  give(bytes: Uint8Array): void {
    this.copy(bytes);
  }

  text(text: string): number {
    const bytes = new TextEncoder().encode(text);
    this.copy(bytes);
    return bytes.length;
  }

  later(text: string, write: (texts: readonly string[], out: SendBuffer) => void): void {
    if (write !== this.#write) this.#writeLater();
    this.#write = write;
    this.#later.push(text);
  }

  take(): Uint8Array<ArrayBuffer> {
    this.#writeLater();
    const bytes = this.bytes.slice(0, this.end);
    this.bytes = new Uint8Array(0);
    this.end = 0;
    return bytes;
  }

  #writeLater(): void {
    const write = this.#write;
    this.#write = undefined;
    write?.(this.#later.splice(0), this);
  }
}

/** A timer that fires when the test says so. */
interface TestTimer extends SessionTimer {
  at: number;
  callback: (() => void) | undefined;
}

/** Options of a {@linkcode Harness}. */
export interface HarnessOptions extends WebSocketOptions {
  maxPacketSize?: number;
  /** True for the client. */
  client?: boolean;
  /** The extensions that the client has offered. */
  offer?: string;
  /** The message handler. Default: echoes the message. */
  onMessage?(message: string | Uint8Array, harness: Harness): void;
}

/** One session with its context. */
export class Harness {
  readonly out: TestSendBuffer = new TestSendBuffer();
  readonly messages: (string | Uint8Array)[] = [];
  readonly session: WebSocketSession;
  error: Error | undefined;
  /** True once the connection would end. */
  ended = false;
  /** True once it was ended without waiting for queued bytes. */
  destroyed = false;
  /** The value of `held`. */
  held = false;
  now = 0;
  readonly #buffer = new TestReceiveBuffer();
  readonly #onMessage: (message: string | Uint8Array, harness: Harness) => void;
  readonly #timers: TestTimer[] = [];
  #farewell = false;

  constructor(options: HarnessOptions = {}) {
    const { client = false, offer, maxPacketSize = 10 * 1024 * 1024, onMessage, ...own } = options;
    this.#onMessage = onMessage ?? ((message, harness) => harness.send(message));
    const settings = webSocketSettings(own);
    const compression: CompressionOptions | undefined = settings.compression;
    const agreement = offer === undefined
      ? undefined
      : negotiateExtensions(offer, compression)?.agreement;
    const context = this.#context(maxPacketSize);
    const handshake = { client, agreement, target: "/", subprotocol: "" };
    this.session = new WebSocketSession(context, settings, handshake);
  }

  /** The peer sends `bytes`, cut into `chunks` bytes each. */
  receive(bytes: Uint8Array, chunk: number = Math.max(1, bytes.length)): this {
    for (let at = 0; at < bytes.length && !this.ended; at += chunk) {
      this.#buffer.add(bytes.subarray(at, at + chunk));
      this.#pump();
    }
    return this;
  }

  /** The frames that were sent since the last call. */
  sent(): Frame[] {
    return readFrames(this.out.take());
  }

  send(message: WebSocketOutgoing, shared?: Map<unknown, Uint8Array>): void {
    if (!this.#farewell) this.session.write(message, this.out, shared);
  }

  /** The application, the service or a fault ends the connection. */
  close(reason: "close" | "restart" | "error" = "close"): void {
    if (this.#farewell) return;
    this.#farewell = true;
    if (this.session.closing(this.out, reason) !== true) this.ended = true;
  }

  /** Lets `delay` ms pass. */
  pass(delay: number): void {
    this.now += delay;
    for (const timer of this.#timers) {
      const { callback } = timer;
      if (callback === undefined || timer.at > this.now) continue;
      timer.at = Infinity;
      callback();
    }
  }

  #pump(): void {
    while (!this.ended && this.#buffer.length >= this.#buffer.expected) {
      let message;
      try {
        message = this.session.read(this.#buffer);
      } catch (error) {
        this.error = error as Error;
        this.ended = true;
        this.session.closed();
        return;
      }
      if (message === MORE) return;
      if (this.#farewell) continue;
      this.messages.push(typeof message === "string" ? message : message.slice());
      this.#onMessage(message, this);
    }
  }

  #context(maxPacketSize: number): SessionContext<string | Uint8Array, WebSocketOutgoing> {
    const isHeld = () => this.held;
    return {
      connection: {
        close: () => this.close(),
        destroy: () => this.ended = this.destroyed = true,
      } as unknown as WebSocketConnection,
      out: this.out,
      maxPacketSize,
      datagram: false,
      get held() {
        return isHeld();
      },
      flush: () => {},
      proceed: () => {},
      onceDrained: (listener) => queueMicrotask(listener),
      advancing: () => false,
      after: (delay, callback, argument) => this.#after(delay, () => callback(argument!)),
      close: () => this.ended = true,
      fail: (error) => {
        this.error = error;
        this.ended = true;
      },
      handlerFailed: (_name, thrown) => {
        this.error = thrown as Error;
        this.ended = true;
      },
      handler: () => undefined,
      terminate: () => this.ended = this.destroyed = true,
      upgrade: () => {
        throw new Error("A WebSocket session is not upgraded");
      },
    };
  }

  #after(delay: number, callback: () => void): SessionTimer {
    const timer: TestTimer = {
      at: this.now + delay,
      callback,
      cancel: () => timer.callback = undefined,
      reset: (again = delay) => {
        timer.callback = callback;
        timer.at = this.now + again;
      },
    };
    this.#timers.push(timer);
    return timer;
  }
}
