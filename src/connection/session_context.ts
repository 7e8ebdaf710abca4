/**
 * What a session may ask of a stream connection.
 *
 * @module
 */

import type {
  Protocol,
  SessionContext,
  SessionTimer,
  UpgradeHandlers,
} from "../protocol/protocol.ts";
import type { SendBuffer } from "../protocol/buffers.ts";
import type { Session } from "../protocol/session.ts";
import { type Timer, timers } from "../timer/timers.ts";
import { Outflow, type OutflowOf } from "./outflow.ts";
import type { Connection } from "../protocol/connection.ts";

/** What a context asks of its connection. */
export interface ContextConnection<Out> extends Connection<Out>, OutflowOf {
  readonly service: { readonly limits: { readonly maxPacketSize: number } };
  /** The handlers at the moment, also those that only its protocol knows. */
  readonly handlers: object;
  /** What waits to be sent. */
  readonly queue: SendBuffer;
  /** True while this end takes no messages for a reason of its own. */
  readonly held: boolean;
  /** Writes what waits, at the end of the turn. */
  flush(): void;
  /** Asks the session to read again. */
  proceed(): void;
  /** Calls `listener` once nothing waits to be sent, or the connection has ended. */
  onceDrained(listener: () => void): void;
  /** Ends once everything that waits has been sent. */
  shut(): void;
  /** Reports `error`, then ends once what waits has been sent. */
  fail(error: Error): void;
  /** A function of the application has failed. */
  handlerFailed(name: string, thrown: unknown): void;
  /** Ends at once, by a reset where there is one. */
  terminate(): void;
  /** Speaks another protocol from the next byte on. */
  upgrade<NewIn, NewOut>(
    protocol: Protocol<NewIn, NewOut>,
    handlers?: UpgradeHandlers<NewIn, NewOut>,
  ): Session<NewIn, NewOut>;
}

/** The side of a stream connection that its session sees. */
export class StreamSessionContext<In, Out> implements SessionContext<In, Out> {
  readonly #connection: ContextConnection<Out>;
  /** The first of the timers that run, which are one or two: each has the next. */
  #timers: ContextTimer | undefined;
  #outflow: Outflow | undefined;
  /** How many times in a row nothing was taken of what waits. */
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
    // What the system holds is known at the next call.
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

  /** A timer runs. */
  track(timer: ContextTimer): void {
    this.forget(timer);
    timer.next = this.#timers;
    this.#timers = timer;
  }

  /** A timer runs no more. */
  forget(timer: ContextTimer): void {
    if (this.#timers === timer) this.#timers = timer.next;
    for (let other = this.#timers; other !== undefined; other = other.next) {
      if (other.next === timer) other.next = timer.next;
    }
  }
}

/** Who knows the timers of a connection. */
type TimerOwner = Pick<StreamSessionContext<never, never>, "track" | "forget" | "fail">;

/** What a timer calls; its argument is of the type that goes with it. */
type Callback = (argument: unknown) => void;

/** A timer that is forgotten with its connection. */
class ContextTimer implements SessionTimer {
  /** The timer of the same connection after it. */
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

  /** Its time has come. */
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

/** One function for all timers: an idle connection is to be small. */
function fire(timer: ContextTimer): void {
  timer.fire();
}
