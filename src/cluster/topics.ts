/**
 * The subscriptions of this process.
 *
 * @module
 */

import type { BackgroundWork } from "../connection/background_work.ts";
import { GoerError } from "../errors.ts";
import { isPromiseLike } from "../promises.ts";

/**
 * Receives what is published on a topic.
 *
 * @typeParam Data The type of the data. Nothing checks it.
 * @param data What was published.
 * @param topic The topic.
 */
export type Subscriber<Data = unknown> = (data: Data, topic: string) => unknown;

/** The subscribers of each topic. */
export class Topics {
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #onError: (topic: string, error: unknown) => void;
  readonly #max: number;
  readonly #background: BackgroundWork;
  /** The number of subscribers of all topics. */
  #count = 0;

  /**
   * @param onError Receives errors of subscribers.
   * @param max The most subscribers of all topics.
   * @param background Receives the promises of subscribers.
   */
  constructor(
    onError: (topic: string, error: unknown) => void,
    max: number,
    background: BackgroundWork,
  ) {
    this.#onError = onError;
    this.#max = max;
    this.#background = background;
  }

  /** All topics with subscribers. */
  get names(): string[] {
    return [...this.#subscribers.keys()];
  }

  has(topic: string): boolean {
    return this.#subscribers.has(topic);
  }

  /**
   * Adds a subscriber. Returns true if it is the first of its topic.
   *
   * @throws {GoerError} `GOER_TOO_MANY` if the maximum number of subscribers is reached.
   */
  add(topic: string, subscriber: Subscriber): boolean {
    const known = this.#subscribers.get(topic);
    if (known?.has(subscriber)) return false;
    if (this.#count >= this.#max) {
      throw new GoerError(
        "GOER_TOO_MANY",
        `Cannot subscribe to the topic "${topic.slice(0, 64)}": there are ${this.#count} ` +
          "subscriptions, the limit of maxSubscriptions",
      );
    }
    this.#count++;
    if (known === undefined) this.#subscribers.set(topic, new Set([subscriber]));
    else known.add(subscriber);
    return known === undefined;
  }

  /** Removes a subscriber. Returns true if it was the last of its topic. */
  delete(topic: string, subscriber: Subscriber): boolean {
    const known = this.#subscribers.get(topic);
    if (known?.delete(subscriber) !== true) return false;
    this.#count--;
    if (known.size > 0) return false;
    return this.#subscribers.delete(topic);
  }

  /** Calls every subscriber, even if one fails. */
  deliver(topic: string, data: unknown): void {
    for (const subscriber of this.#subscribers.get(topic) ?? []) {
      const failed = (error: unknown) => this.#onError(topic, error);
      try {
        const result = subscriber(data, topic);
        if (isPromiseLike(result)) this.#background.add(result, failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}
