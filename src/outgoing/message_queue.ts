/**
 * Messages that wait for the next connection.
 *
 * @module
 */

import { copyOf } from "../bytes/outgoing.ts";
import type { SendOptions } from "../protocol/connection.ts";
import type { PendingRequest } from "./pending_requests.ts";

/** A message that waits. */
export interface QueuedMessage<In> {
  readonly message: unknown;
  readonly options: SendOptions | undefined;
  /** The request that it belongs to. */
  readonly request: PendingRequest<In> | undefined;
  readonly size: number;
}

/** A queue of messages, limited by their number and by what is known of their size. */
export class MessageQueue<In> {
  readonly #messages = new Set<QueuedMessage<In>>();
  readonly #maxLength: number;
  readonly #maxSize: number;
  #size = 0;

  /**
   * @param maxLength How many messages can wait.
   * @param maxSize How many bytes and characters can wait, plus or minus one message.
   */
  constructor(maxLength: number, maxSize: number) {
    this.#maxLength = maxLength;
    this.#maxSize = maxSize;
  }

  /** How many messages wait. */
  get length(): number {
    return this.#messages.size;
  }

  /** How many bytes and characters wait. */
  get size(): number {
    return this.#size;
  }

  /** Adds a message. Returns false if the queue is full. */
  add(message: unknown, options?: SendOptions, request?: PendingRequest<In>): boolean {
    if (this.length >= this.#maxLength || this.#size >= this.#maxSize) return false;
    const isBytes = message instanceof Uint8Array;
    const size = isBytes || typeof message === "string" ? message.length : 0;
    const kept = isBytes && options?.immutable !== true ? copyOf(message) : message;
    this.#messages.add({ message: kept, options, request, size });
    this.#size += size;
    return true;
  }

  /** The first message. */
  first(): QueuedMessage<In> | undefined {
    const [first] = this.#messages;
    return first;
  }

  /** Removes a message. */
  remove(queued: QueuedMessage<In>): void {
    if (this.#messages.delete(queued)) this.#size -= queued.size;
  }

  /** Removes the message of a request, if it still waits. */
  removeRequest(request: PendingRequest<In>): void {
    for (const queued of this.#messages) if (queued.request === request) this.remove(queued);
  }

  /** Removes all messages. Their requests fail with `error`. */
  clear(error: Error): void {
    const dropped = [...this.#messages];
    this.#messages.clear();
    this.#size = 0;
    for (const { request } of dropped) request?.fail(error);
  }
}
