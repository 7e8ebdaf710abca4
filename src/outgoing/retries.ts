/**
 * When a lost connection is made again.
 *
 * @module
 */

import { type Timer, timers } from "../timer/timers.ts";
import type { ReconnectOptions } from "./options.ts";

/** How long a connection has to last at least before the pauses start over, in ms. */
const LASTING = 1_000;

/** Schedules the attempts of one client. */
export class Retries {
  readonly #options: Required<ReconnectOptions>;
  /** How many attempts there were since the last lasting connection. */
  #attempts = 0;
  /** The last pause, in ms. */
  #delay = 0;
  /** When the current connection was made, in ms; undefined before the first one. */
  #since: number | undefined;
  #timer: Timer | undefined;
  #controller: AbortController | undefined;
  #listeners: ((caughtUp: boolean) => void)[] = [];

  constructor(options: Required<ReconnectOptions>) {
    this.#options = options;
  }

  /** There is a connection. Returns false if it is the first one. */
  linked(): boolean {
    const again = this.#since !== undefined;
    this.#since = performance.now();
    return again;
  }

  /** The connection has ended. */
  unlinked(): void {
    const lasted = performance.now() - this.#since!;
    if (lasted >= Math.max(this.#delay, LASTING)) this.#attempts = 0;
  }

  /** Calls `attempt` after the next pause. Returns false after the last attempt. */
  schedule(attempt: (signal: AbortSignal) => void): boolean {
    const { minDelay, maxDelay, jitter, maxAttempts } = this.#options;
    if (this.#attempts >= maxAttempts) return false;
    const delay = Math.min(maxDelay, minDelay * 2 ** this.#attempts);
    this.#attempts++;
    this.#delay = Math.round(delay * (1 - jitter * Math.random()));
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.#timer = timers.after(this.#delay, () => attempt(signal));
    return true;
  }

  /** There will be no further attempt; ends a pending one. */
  cancel(): void {
    this.#timer?.cancel();
    this.#controller?.abort();
    this.#tell(false);
  }

  /** The messages that waited for the connection have been sent. */
  sentQueue(): void {
    this.#tell(true);
  }

  /** Resolves to true when no message waits for a connection, to false if there will be none. */
  caughtUp(): Promise<boolean> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  #tell(caughtUp: boolean): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(caughtUp);
  }
}
