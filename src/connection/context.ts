/**
 * What a session may ask of a stream connection.
 *
 * @module
 */

import type {
  Protocol,
  SendBuffer,
  Session,
  SessionContext,
  SessionTimer,
  UpgradeHandlers,
} from "../../protocols/protocol.ts";
import { type Timer, timers } from "../timer/timers.ts";
import type { StreamConnection } from "./stream.ts";
import type { Connection } from "./types.ts";

/** The side of a {@linkcode StreamConnection} that its session sees. */
export class StreamContext<In, Out> implements SessionContext<In, Out> {
  readonly #connection: StreamConnection<In, Out>;
  #timers: Set<ContextTimer> | undefined;

  constructor(connection: StreamConnection<In, Out>) {
    this.#connection = connection;
  }

  get connection(): Connection<Out> {
    return this.#connection;
  }

  get out(): SendBuffer {
    return this.#connection.queue;
  }

  get maxPackageSize(): number {
    return this.#connection.service.limits.maxPackageSize;
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

  drained(listener: () => void): void {
    this.#connection.drained(listener);
  }

  after(delay: number, callback: () => void): SessionTimer {
    const pending = this.#timers ??= new Set();
    return new ContextTimer(pending, delay, callback);
  }

  close(): void {
    this.#connection.shut();
  }

  fail(error: Error): void {
    this.#connection.fail(error);
  }

  upgrade<NewIn, NewOut>(
    protocol: Protocol<NewIn, NewOut>,
    handlers?: UpgradeHandlers<NewIn, NewOut>,
  ): Session<NewIn, NewOut> {
    return this.#connection.upgrade(protocol, handlers);
  }

  /** The connection is gone: no timer of the session may fire any more. */
  release(): void {
    for (const timer of this.#timers ?? []) timer.cancel();
  }
}

/** A timer that is forgotten with its connection. */
class ContextTimer implements SessionTimer {
  readonly #pending: Set<ContextTimer>;
  readonly #timer: Timer;

  constructor(pending: Set<ContextTimer>, delay: number, callback: () => void) {
    this.#pending = pending;
    this.#timer = timers.after(delay, () => {
      pending.delete(this);
      callback();
    }, { ref: false });
    pending.add(this);
  }

  cancel(): void {
    this.#pending.delete(this);
    this.#timer.cancel();
  }

  reset(delay?: number): void {
    this.#pending.add(this);
    this.#timer.reset(delay);
  }
}
