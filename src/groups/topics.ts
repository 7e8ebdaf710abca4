/**
 * What this process has subscribed to.
 *
 * @module
 */

/**
 * Receives what is published on a topic.
 *
 * @param data What was published.
 * @param topic The topic.
 */
export type Subscriber = (data: unknown, topic: string) => unknown;

/** The subscribers of each topic. */
export class Topics {
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #onError: (topic: string, error: unknown) => void;

  /** @param onError Hears what subscribers throw, or reject with. */
  constructor(onError: (topic: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** All topics that somebody has subscribed to. */
  get names(): string[] {
    return [...this.#subscribers.keys()];
  }

  has(topic: string): boolean {
    return this.#subscribers.has(topic);
  }

  /** Returns true where it is the first of its topic. */
  add(topic: string, subscriber: Subscriber): boolean {
    const known = this.#subscribers.get(topic);
    if (known === undefined) this.#subscribers.set(topic, new Set([subscriber]));
    else known.add(subscriber);
    return known === undefined;
  }

  /** Returns true where it was the last of its topic. */
  delete(topic: string, subscriber: Subscriber): boolean {
    const known = this.#subscribers.get(topic);
    if (known?.delete(subscriber) !== true || known.size > 0) return false;
    return this.#subscribers.delete(topic);
  }

  /** Calls every subscriber; one that fails holds up no other. */
  deliver(topic: string, data: unknown): void {
    for (const subscriber of this.#subscribers.get(topic) ?? []) {
      const failed = (error: unknown) => this.#onError(topic, error);
      try {
        const result = subscriber(data, topic);
        if (result instanceof Promise) result.catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}
