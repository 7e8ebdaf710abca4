/**
 * What a session can do with a stream connection.
 *
 * @module
 */

import type {
  NamedClient,
  Protocol,
  SessionContext,
  SessionTimer,
  TrustedProxies,
  UpgradeHandlers,
} from "../protocol/protocol.ts";
import type { SendBuffer } from "../protocol/buffers.ts";
import type { Session } from "../protocol/session.ts";
import { type Timer, timers } from "../timer/timers.ts";
import { Outflow, type OutflowOf } from "./outflow.ts";
import type { Connection } from "../protocol/connection.ts";

/** What a context needs from its connection. */
export interface ContextConnection<Out> extends Connection<Out>, OutflowOf {
  readonly service: { readonly limits: { readonly maxPacketSize: number } };
  /** Set if the peer may say who its client is. */
  readonly trustedProxies: TrustedProxies | undefined;
  /** The proxy has named its client. */
  setClient(client: NamedClient | undefined): void;
  /** The current handlers, including those that only its protocol knows. */
  readonly handlers: object;
  /** Bytes to be sent. */
  readonly queue: SendBuffer;
  /** True if this side does not take messages now, for a reason other than the session. */
  readonly held: boolean;
  /** Writes queued bytes at the end of the turn. */
  flush(): void;
  /** Makes the session read again. */
  proceed(): void;
  /** Calls `listener` when all bytes have been sent, or the connection has ended. */
  onceDrained(listener: () => void): void;
  /** Ends once all queued bytes have been sent. */
  shut(): void;
  /** Reports `error`, then ends once all queued bytes have been sent. */
  fail(error: Error): void;
  /** A function of the application has failed. */
  handlerFailed(name: string, thrown: unknown): void;
  /** Remembers why it ends. */
  endsFor(reason: "protocol"): void;
  /** Ends immediately, with a reset if the transport has one. */
  terminate(): void;
  /** Switches to another protocol from the next byte on. */
  upgrade<NewIn, NewOut>(
    protocol: Protocol<NewIn, NewOut>,
    handlers?: UpgradeHandlers<NewIn, NewOut>,
  ): Session<NewIn, NewOut>;
}

/** A session's view of its stream connection. */
export class StreamSessionContext<In, Out> implements SessionContext<In, Out> {
  readonly #connection: ContextConnection<Out>;
  /** The first of the running timers (one or two), as a linked list. */
  #timers: ContextTimer | undefined;
  #outflow: Outflow | undefined;
  /** How many times in a row the peer has taken nothing. */
  #stuck = 0;

  constructor(connection: ContextConnection<Out>) {
    this.#connection = connection;
  }

  get connection(): Connection<Out> {
    return this.#connection;
  }

  get out(): SendBuffer {
    return this.#connection.queue;
  }

  get maxPacketSize(): number {
    return this.#connection.service.limits.maxPacketSize;
  }

  get datagram(): boolean {
    return false;
  }

  get trustedProxies(): TrustedProxies | undefined {
    return this.#connection.trustedProxies;
  }

  setClient(client: NamedClient | undefined): void {
    this.#connection.setClient(client);
  }

  get held(): boolean {
    return this.#connection.held;
  }

  flush(): void {
    this.#connection.flush();
  }

  proceed(): void {
    this.#connection.proceed();
  }

  onceDrained(listener: () => void): void {
    this.#connection.onceDrained(listener);
  }

  advancing(patience: number = 0): boolean {
    const isFirst = this.#outflow === undefined;
    const outflow = this.#outflow ??= new Outflow();
    // The system's queue is known at the next call.
    const moved = outflow.moves(this.#connection) || (isFirst && !outflow.known);
    this.#stuck = moved || outflow.waiting === 0 ? 0 : this.#stuck + 1;
    return moved || (outflow.waiting > 0 && this.#stuck <= patience);
  }

  after<Argument = undefined>(
    delay: number,
    callback: (argument: Argument) => void,
    argument?: Argument,
  ): SessionTimer {
    const timer = new ContextTimer(this, delay, callback as Callback, argument);
    this.track(timer);
    return timer;
  }

  close(): void {
    this.#connection.shut();
  }

  fail(error: Error): void {
    this.#connection.fail(error);
  }

  handlerFailed(name: string, thrown: unknown): void {
    this.#connection.handlerFailed(name, thrown);
  }

  handler(name: `on${string}`): ((...values: unknown[]) => unknown) | undefined {
    return (this.#connection.handlers as Record<string, (...values: unknown[]) => unknown>)[name];
  }

  terminate(): void {
    this.#connection.endsFor("protocol");
    this.#connection.terminate();
  }

  upgrade<NewIn, NewOut>(
    protocol: Protocol<NewIn, NewOut>,
    handlers?: UpgradeHandlers<NewIn, NewOut>,
  ): Session<NewIn, NewOut> {
    return this.#connection.upgrade(protocol, handlers);
  }

  /** The connection has ended: no timer of the session may fire any more. */
  release(): void {
    while (this.#timers !== undefined) this.#timers.cancel();
  }

  /** A timer has started. */
  track(timer: ContextTimer): void {
    this.forget(timer);
    timer.next = this.#timers;
    this.#timers = timer;
  }

  /** A timer has ended. */
  forget(timer: ContextTimer): void {
    if (this.#timers === timer) this.#timers = timer.next;
    for (let other = this.#timers; other !== undefined; other = other.next) {
      if (other.next === timer) other.next = timer.next;
    }
  }
}

/** Tracks the timers of a connection. */
type TimerOwner = Pick<StreamSessionContext<never, never>, "track" | "forget" | "fail">;

/** A timer's callback. The type of its argument is erased. */
type Callback = (argument: unknown) => void;

/** A timer that ends with its connection. */
class ContextTimer implements SessionTimer {
  /** The next timer of the same connection. */
  next: ContextTimer | undefined;
  readonly #context: TimerOwner;
  readonly #callback: Callback;
  readonly #argument: unknown;
  readonly #timer: Timer;

  constructor(context: TimerOwner, delay: number, callback: Callback, argument: unknown) {
    this.#context = context;
    this.#callback = callback;
    this.#argument = argument;
    this.#timer = timers.after(delay, fire, { argument: this, ref: false });
  }

  fire(): void {
    this.#context.forget(this);
    try {
      this.#callback(this.#argument);
    } catch (error) {
      this.#context.fail(error as Error);
    }
  }

  cancel(): void {
    this.#context.forget(this);
    this.#timer.cancel();
  }

  reset(delay?: number): void {
    this.#context.track(this);
    this.#timer.reset(delay);
  }
}

/** One function for all timers, to keep idle connections small. */
function fire(timer: ContextTimer): void {
  timer.fire();
}
