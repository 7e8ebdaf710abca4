/**
 * A pool of connections to one address.
 *
 * @module
 */

import { Pool as Tarn, TimeoutError } from "tarn";
import { GoerError } from "../errors.ts";
import { MAX_DELAY } from "../numbers.ts";
import { timers } from "../timer/timers.ts";
import { ClientConnection, type ClientSettings } from "./client.ts";
import type { RequestOptions } from "./options.ts";
import { checkAcquire, type PoolLimits } from "./pool_options.ts";

/** How often to look for connections that have been unused for too long, at most, in ms. */
const REAP_INTERVAL = 1_000;

/** How a pool makes and checks connections. */
export interface PoolSettings extends Required<PoolLimits> {
  readonly client: ClientSettings;
  /** True if an unused connection can be used again. */
  readonly validate: ((connection: ClientConnection) => unknown) | undefined;
}

/** A pool of connections. The queue and the connections are those of tarn. */
export class ClientPool {
  readonly #settings: PoolSettings;
  readonly #tarn: Tarn<ClientConnection>;
  /** Refuse a connection to those who wait, with a reason. */
  readonly #waiters = new Set<(reason: unknown) => void>();
  /** New connections, not used yet: they need no check. */
  readonly #fresh = new WeakSet<ClientConnection>();
  /** Ends attempts to connect. */
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
    const { min, max, idleTimeout, acquireTimeout } = settings;
    this.#tarn = new Tarn<ClientConnection>({
      create: () => this.#connect(),
      destroy: (connection) => connection.close(),
      // tarn awaits the result, although its type says otherwise.
      validate: ((connection: ClientConnection) => this.#isUsable(connection)) as unknown as (
        connection: ClientConnection,
      ) => boolean,
      min,
      max,
      idleTimeoutMillis: idleTimeout,
      reapIntervalMillis: Math.min(REAP_INTERVAL, idleTimeout),
      acquireTimeoutMillis: acquireTimeout,
      // An attempt has a deadline of its own: connectTimeout.
      createTimeoutMillis: MAX_DELAY,
      propagateCreateError: true,
    });
  }

  get size(): number {
    return this.#tarn.numUsed() + this.#tarn.numFree();
  }

  get idle(): number {
    return this.#tarn.numFree();
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Makes the first connections. */
  async fill(): Promise<void> {
    const acquired = await Promise.allSettled(
      Array.from({ length: this.#settings.min }, () => this.acquire()),
    );
    for (const result of acquired) if (result.status === "fulfilled") this.release(result.value);
    const failed = acquired.find((result) => result.status === "rejected");
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  async acquire(options: { signal?: AbortSignal } = {}): Promise<ClientConnection> {
    checkAcquire(options);
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#closed !== undefined) throw this.#closedError();
    if (this.#isFull) throw this.#fullError();
    return await new Promise((resolve, reject) => this.#wait(resolve, reject, signal));
  }

  /** Waits for a connection of tarn. */
  #wait(
    resolve: (connection: ClientConnection) => void,
    reject: (reason: unknown) => void,
    signal: AbortSignal | undefined,
  ): void {
    const operation = this.#tarn.acquire();
    const refuse = (reason: unknown) => {
      if (!this.#waiters.delete(refuse)) return;
      reject(reason);
      // Later: tarn would lose a connection that it passes on at this moment.
      timers.after(1, () => operation.reject(reason as Error), { ref: false });
    };
    this.#waiters.add(refuse);
    const aborted = () => refuse(signal!.reason);
    signal?.addEventListener("abort", aborted);
    operation.promise.then((connection) => {
      if (this.#waiters.delete(refuse)) resolve(connection);
      else this.#tarn.release(connection);
    }, (error) => {
      if (this.#waiters.delete(refuse)) reject(this.#acquireError(error));
    }).finally(() => signal?.removeEventListener("abort", aborted));
  }

  release(connection: ClientConnection): void {
    // Its late answers would delay the next user.
    if (connection?.pendingRequests > 0) connection.destroy();
    if (this.#tarn.release(connection)) return;
    const message = `Cannot release a connection that is not in use in this pool of ${this.#name}`;
    throw new GoerError("GOER_INVALID_ARGUMENT", message);
  }

  async use<Result>(
    task: (connection: ClientConnection) => Result | Promise<Result>,
    options?: { signal?: AbortSignal },
  ): Promise<Result> {
    const connection = await this.acquire(options);
    try {
      return await task(connection);
    } finally {
      this.release(connection);
    }
  }

  request(message: unknown, options: RequestOptions = {}): Promise<unknown> {
    const { signal } = options;
    return this.use((connection) => connection.request(message, options), { signal });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const error = this.#closedError();
    for (const refuse of [...this.#waiters]) refuse(error);
    this.#closing.abort(error);
    await this.#tarn.destroy();
  }

  async #connect(): Promise<ClientConnection> {
    const connection = new ClientConnection(this.#settings.client);
    await connection.connect(this.#closing.signal);
    this.#fresh.add(connection);
    return connection;
  }

  async #isUsable(connection: ClientConnection): Promise<boolean> {
    if (!connection.open) return false;
    const { validate } = this.#settings;
    if (this.#fresh.delete(connection) || validate === undefined) return true;
    try {
      if (await validate(connection) === true && connection.open) return true;
    } catch {
      // A check that fails is an answer: this connection cannot be used.
    }
    connection.destroy();
    return false;
  }

  /** True if another caller would have to wait, and too many do. */
  get #isFull(): boolean {
    const { max, maxWaiting } = this.#settings;
    const creates = this.#tarn.numPendingCreates();
    if (this.#tarn.numFree() > 0 || this.#tarn.numUsed() + creates < max) return false;
    return this.#tarn.numPendingAcquires() - creates >= maxWaiting;
  }

  get #name(): string {
    return this.#settings.client.target.address;
  }

  #closedError(): GoerError {
    return new GoerError("GOER_CONNECTION", `The pool of ${this.#name} is closed`);
  }

  #fullError(): GoerError {
    const { maxWaiting } = this.#settings;
    const reason = `${maxWaiting} callers wait for a connection (maxWaiting)`;
    return new GoerError("GOER_TOO_MANY", `Cannot use the pool of ${this.#name}: ${reason}`);
  }

  #acquireError(error: Error): Error {
    if (!(error instanceof TimeoutError)) return error;
    const message =
      `No connection to ${this.#name} was free within ${this.#settings.acquireTimeout} ms (acquireTimeout)`;
    return new GoerError("GOER_TIMEOUT", message, { cause: error });
  }
}
