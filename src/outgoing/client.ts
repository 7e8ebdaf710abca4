/**
 * A connection to another address, as its handlers see it. It stays the same object when the
 * connection is lost and made again.
 *
 * @module
 */

import { becomeWebSocket } from "../../protocols/websocket/connection.ts";
import { callApplication } from "../calls.ts";
import type { Handlers } from "../connection/handlers.ts";
import { checkSendOptions } from "../connection/send_options.ts";
import type { StreamConnection } from "../connection/stream.ts";
import { GoerError } from "../errors.ts";
import { isPromiseLike } from "../promises.ts";
import type {
  CloseStatus,
  Connection,
  Sendable,
  SendOptions,
  SendStatus,
} from "../protocol/connection.ts";
import { dial, type Dialer, type Target } from "./dial.ts";
import { LinkedConnection } from "./linked_connection.ts";
import { MessageQueue } from "./message_queue.ts";
import type { ReconnectOptions, RequestOptions } from "./options.ts";
import { type PendingRequest, PendingRequests } from "./pending_requests.ts";
import { Retries } from "./retries.ts";

/** What a client calls: the handlers of a service, and two of its own. */
export interface ClientHandlers extends Handlers<unknown, unknown> {
  onReconnect?: ((connection: Connection) => unknown) | undefined;
  onDisconnect?:
    | ((connection: Connection, error?: Error, status?: CloseStatus) => unknown)
    | undefined;
  onPong?: ((connection: never, data: Uint8Array) => unknown) | undefined;
}

/** How a client behaves. */
export interface ClientSettings {
  readonly target: Target;
  readonly handlers: ClientHandlers;
  /** Returns the first state of the connection. */
  readonly state: (() => unknown) | undefined;
  readonly maxPendingRequests: number;
  /** Undefined if a lost connection is not made again. */
  readonly reconnect: Required<ReconnectOptions> | undefined;
}

/** A connection to another address. */
export class ClientConnection extends LinkedConnection implements Connection, Dialer {
  readonly handlers: Handlers<unknown, unknown>;
  readonly #settings: ClientSettings;
  readonly #requests: PendingRequests<unknown>;
  readonly #queue: MessageQueue<unknown>;
  readonly #retries: Retries | undefined;
  #connected = false;
  /** True while `onReconnect` may send before what is queued. */
  #greeting = false;
  #paused = false;
  /** True if no further connection will be made. */
  #closed = false;
  /** True once `onClose` has been called. */
  #over = false;
  /** What earlier connections have read and written. */
  #read = 0;
  #written = 0;

  constructor(settings: ClientSettings) {
    super();
    this.#settings = settings;
    this.handlers = this.#linkHandlers(settings.handlers);
    const { reconnect, target, maxPendingRequests } = settings;
    this.#requests = new PendingRequests(target.address, maxPendingRequests);
    this.#queue = new MessageQueue(reconnect?.maxQueueLength ?? 0, target.limits.maxSendBufferSize);
    if (reconnect !== undefined) this.#retries = new Retries(reconnect);
  }

  /** Makes the first connection. */
  async connect(signal?: AbortSignal): Promise<void> {
    await dial(this.#settings.target, this, signal);
  }

  // ---- what handlers see ----

  get bytesRead(): number {
    return this.#read + this.link.bytesRead;
  }

  get bytesWritten(): number {
    return this.#written + this.link.bytesWritten;
  }

  get bufferedBytes(): number {
    return this.link.bufferedBytes + this.#queue.size;
  }

  get connected(): boolean {
    return this.#connected && this.link.open;
  }

  get pendingRequests(): number {
    return this.#requests.size;
  }

  get open(): boolean {
    if (this.#closed) return false;
    return this.#retries !== undefined || this.link.open;
  }

  send(message: Sendable<unknown>, options?: SendOptions): SendStatus {
    checkSendOptions(options);
    return this.#send(message, options);
  }

  async request(message: unknown, options: RequestOptions = {}): Promise<unknown> {
    const request = this.#requests.make(
      options,
      (abandoned) => this.#queue.removeRequest(abandoned),
    );
    try {
      const status = this.#send(message, undefined, request);
      if (status === "closed" || status === "full") request.fail(this.#refusal(status));
    } catch (thrown) {
      request.fail(thrown);
    }
    return await request.answered;
  }

  close(last?: Sendable<unknown>, options?: SendOptions): void {
    this.#finish("close", last, options);
  }

  end(last?: Sendable<unknown>, options?: SendOptions): void {
    this.#finish("end", last, options);
  }

  destroy(): void {
    this.#closed = true;
    if (this.#connected) this.link.destroy();
    this.#end();
  }

  async drained(): Promise<boolean> {
    while (this.#connected || !this.#closed) {
      if (this.#connected && this.#queue.length === 0) {
        if (await this.link.drained()) return true;
        if (this.#retries === undefined) return false;
      } else if (!await this.#retries?.caughtUp()) return false;
    }
    return false;
  }

  pause(): void {
    this.#paused = true;
    this.link.pause();
  }

  resume(): void {
    this.#paused = false;
    this.link.resume();
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#onlyLink("readable").readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#onlyLink("writable").writable;
  }

  pipe(to: Connection): void {
    this.#onlyLink("pipe").pipe(to);
  }

  // ---- events of the connection ----

  prepare(link: StreamConnection): void {
    const previous = this.use(link);
    if (previous === undefined) return this.#initialize(link);
    link.state = previous.state;
    this.#read += previous.bytesRead;
    this.#written += previous.bytesWritten;
    if (this.#paused) link.pause();
  }

  #initialize(link: StreamConnection): void {
    const { state } = this.#settings;
    const failed = (thrown: unknown) => link.handlerFailed("state", thrown);
    if (state !== undefined) callApplication(() => link.state = state(), failed);
  }

  #linkHandlers(handlers: ClientHandlers): Handlers<unknown, unknown> {
    const { onPong } = handlers;
    const linked: ClientHandlers = {
      onConnect: () => this.#linked(),
      onMessage: (_, message) => this.#received(message),
      onEnd: () => handlers.onEnd?.(this),
      onClose: (_, error, status) => this.#unlinked(error, status),
      onError: (_, error) => handlers.onError?.(this, error),
      onBufferFull: () => handlers.onBufferFull?.(this),
      onBufferDrain: () => handlers.onBufferDrain?.(this),
    };
    if (onPong !== undefined) linked.onPong = (_, data) => onPong(this as never, data);
    return linked;
  }

  #linked(): unknown {
    const isFirst = !this.#retries?.linked();
    this.#connected = true;
    if ("ping" in this.link) becomeWebSocket(this as Connection<never>);
    const { onConnect, onReconnect } = this.#settings.handlers;
    if (isFirst) return onConnect?.(this);
    this.#greeting = true;
    return this.#greet(onReconnect);
  }

  /** Calls `onReconnect`, and then sends what is queued. */
  #greet(onReconnect: ClientHandlers["onReconnect"]): unknown {
    const failed = (thrown: unknown) => this.link.handlerFailed("onReconnect", thrown);
    try {
      const result = onReconnect?.(this);
      if (!isPromiseLike(result)) return this.#sendQueued();
      return Promise.resolve(result).then(() => this.#sendQueued(), failed);
    } catch (thrown) {
      failed(thrown);
    }
  }

  #received(message: unknown): unknown {
    if (this.#requests.size === 0) return this.#settings.handlers.onMessage?.(this, message);
    this.#requests.answer(message);
    this.link.answering = this.#requests.size > 0;
  }

  #unlinked(error?: Error, status?: CloseStatus): unknown {
    this.#connected = false;
    this.#greeting = false;
    this.#requests.fail(this.#refusal("closed", error));
    if (this.#closed || this.#retries === undefined) return this.#ended(error, status);
    this.#retries.unlinked();
    const { onDisconnect } = this.#settings.handlers;
    if (onDisconnect !== undefined) {
      this.#report("onDisconnect", () => onDisconnect(this, error, status));
    }
    this.#retry(error);
  }

  // ---- making it again ----

  #retry(error?: Error): void {
    if (this.#closed) return;
    const attempt = (signal: AbortSignal) => void this.#dialAgain(signal);
    if (!this.#retries!.schedule(attempt)) this.#report("onClose", () => this.#ended(error));
  }

  async #dialAgain(signal: AbortSignal): Promise<void> {
    try {
      await dial(this.#settings.target, this, signal);
    } catch (error) {
      if (this.#closed) return;
      this.#report("onError", () => this.#settings.handlers.onError?.(this, error as GoerError));
      this.#retry(error as Error);
    }
  }

  /** Calls a handler while there is no connection that could call it. */
  #report(name: string, call: () => unknown): void {
    callApplication(call, (thrown) => this.link.handlerFailed(name, thrown));
  }

  #finish(how: "close" | "end", last?: Sendable<unknown>, options?: SendOptions): void {
    checkSendOptions(options);
    const wasClosed = this.#closed;
    this.#closed = true;
    try {
      if (this.#connected) this.link[how](last, options);
    } catch (error) {
      this.#closed = wasClosed;
      throw error;
    }
    this.#end();
  }

  /** The application has ended the connection: it is not made again. */
  #end(): void {
    this.#retries?.cancel();
    if (!this.#connected) this.#report("onClose", () => this.#ended());
  }

  /** There will be no further connection. */
  #ended(error?: Error, status?: CloseStatus): unknown {
    if (this.#over) return;
    this.#over = true;
    this.#closed = true;
    this.#retries?.cancel();
    this.#queue.clear(this.#refusal("closed", error));
    return this.#settings.handlers.onClose?.(this, error, status);
  }

  // ---- sending ----

  #send(message: unknown, options?: SendOptions, request?: PendingRequest<unknown>): SendStatus {
    if (this.#waits) {
      return this.#queue.add(message, options, request) ? "queued" : "full";
    }
    const status = this.link.send(message, options);
    if (request !== undefined && status !== "closed" && status !== "full") this.#expect(request);
    return status;
  }

  /** True if a message has to wait for the next connection, or behind those that do. */
  get #waits(): boolean {
    if (this.#retries === undefined || this.#closed) return false;
    return !this.connected || (this.#queue.length > 0 && !this.#greeting);
  }

  #expect(request: PendingRequest<unknown>): void {
    this.#requests.add(request);
    this.link.answering = true;
  }

  #sendQueued(): void {
    this.#greeting = false;
    while (this.connected) {
      const queued = this.#queue.first();
      if (queued === undefined) return this.#retries?.sentQueue();
      const { message, options, request } = queued;
      if (this.link.full) return this.link.onceDrained(() => this.#sendQueued());
      this.#queue.remove(queued);
      this.link.send(message, options);
      if (request !== undefined) this.#expect(request);
    }
  }

  #refusal(status: "closed" | "full", cause?: Error): GoerError {
    const { address } = this.#settings.target;
    if (status === "full") {
      const message = `Cannot send a request to ${address}: too many bytes or messages wait`;
      return new GoerError("GOER_TOO_MANY", message);
    }
    const reason = cause === undefined ? "" : `: ${cause.message}`;
    const message = `No answer from ${address}: the connection has ended${reason}`;
    return new GoerError("GOER_CONNECTION", message, { cause });
  }

  /** The only connection that there will be. */
  #onlyLink(name: string): StreamConnection {
    if (this.#retries === undefined) return this.link;
    const message =
      `Cannot use ${name} with reconnect: what was read and written belongs to one connection`;
    throw new GoerError("GOER_NOT_SUPPORTED", message);
  }
}
