/**
 * Requests that wait for their answers, which arrive in the same order.
 *
 * @module
 */

import { copyOf } from "../bytes/outgoing.ts";
import { GoerError } from "../errors.ts";
import { type Timer, timers } from "../timer/timers.ts";
import { type RequestOptions, resolveRequest } from "./options.ts";

/** One request, from the call until its answer has arrived. */
export class PendingRequest<In> {
  /** Resolves to the answer. */
  readonly answered: Promise<In>;
  /** False once the caller no longer waits. The answer may still arrive. */
  waiting = true;
  #resolve!: (answer: In) => void;
  #reject!: (reason: unknown) => void;
  readonly #timer: Timer | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #abort: () => void;

  /**
   * @param address Where it goes, for errors.
   * @param abandoned Called if the caller stops waiting before the answer has arrived.
   */
  constructor(
    address: string,
    { timeout, signal }: ReturnType<typeof resolveRequest>,
    abandoned: (request: PendingRequest<In>) => void,
  ) {
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const abandon = (reason: unknown) => {
      this.fail(reason);
      abandoned(this);
    };
    if (timeout > 0) {
      const message = `No answer from ${address} within ${timeout} ms`;
      this.#timer = timers.after(timeout, () => abandon(new GoerError("GOER_TIMEOUT", message)));
    }
    this.#signal = signal;
    this.#abort = () => abandon(signal!.reason);
    signal?.addEventListener("abort", this.#abort);
  }

  /** The answer has arrived. */
  answer(message: In): void {
    this.#settle();
    // The bytes are valid during the handler only, and the caller sees them later.
    this.#resolve(message instanceof Uint8Array ? copyOf(message) as unknown as In : message);
  }

  /** There will be no answer. */
  fail(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.waiting = false;
    this.#timer?.cancel();
    this.#signal?.removeEventListener("abort", this.#abort);
  }
}

/** The requests that were sent, in order. */
export class PendingRequests<In> {
  readonly #address: string;
  readonly #limit: number;
  readonly #sent = new Set<PendingRequest<In>>();

  /**
   * @param address Where they go, for errors.
   * @param limit How many can wait for their answers: `maxPendingRequests`.
   */
  constructor(address: string, limit: number) {
    this.#address = address;
    this.#limit = limit;
  }

  /** How many answers are still to come. */
  get size(): number {
    return this.#sent.size;
  }

  /**
   * Makes a request, which is to be sent and then added.
   *
   * @param abandoned Called if the caller stops waiting before the answer has arrived.
   * @throws {GoerError} `GOER_TOO_MANY` if too many wait; the reason of the signal if it is aborted.
   */
  make(
    options: RequestOptions,
    abandoned: (request: PendingRequest<In>) => void,
  ): PendingRequest<In> {
    const resolved = resolveRequest(options);
    resolved.signal?.throwIfAborted();
    if (this.size >= this.#limit) {
      const reason = `${this.#limit} requests wait for their answers (maxPendingRequests)`;
      const message = `Cannot send a request to ${this.#address}: ${reason}`;
      throw new GoerError("GOER_TOO_MANY", message);
    }
    return new PendingRequest(this.#address, resolved, abandoned);
  }

  /** A request has been sent. */
  add(request: PendingRequest<In>): void {
    this.#sent.add(request);
  }

  /** The answer to a request is not expected any more. */
  remove(request: PendingRequest<In>): void {
    this.#sent.delete(request);
  }

  /** Takes a message as the answer of the oldest request. Returns false if there is none. */
  answer(message: In): boolean {
    const [oldest] = this.#sent;
    if (oldest === undefined) return false;
    this.#sent.delete(oldest);
    // The late answer of a request that has timed out is dropped.
    if (oldest.waiting) oldest.answer(message);
    return true;
  }

  /** The connection has ended: no answer will arrive any more. */
  fail(error: Error): void {
    const requests = [...this.#sent];
    this.#sent.clear();
    for (const request of requests) if (request.waiting) request.fail(error);
  }
}
