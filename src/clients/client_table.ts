/**
 * What each client has used of its limits: token buckets, filled when they are read.
 *
 * @module
 */

/** A token bucket: how fast it fills, and what it holds. */
export interface Rate {
  /** Tokens per ms. */
  readonly perMs: number;
  /** The most tokens it holds. */
  readonly burst: number;
}

/** What is limited by a {@linkcode Rate}. */
export type Limited = "opened" | "messages" | "bytes";

/** The limits of each client. What has no limit is left out. */
export type ClientRates = { readonly [Name in Limited]?: Rate | undefined };

/** What one client has used. */
export class ClientUsage {
  /** Its open connections. */
  connections = 0;
  /** The tokens for new connections; below 0 if it has used tokens in advance. */
  opened: number;
  /** The tokens for messages. */
  messages: number;
  /** The tokens for bytes. */
  bytes: number;
  /** Until when the buckets have been filled, in ms. */
  filled: number;

  constructor(rates: ClientRates, now: number) {
    this.opened = rates.opened?.burst ?? 0;
    this.messages = rates.messages?.burst ?? 0;
    this.bytes = rates.bytes?.burst ?? 0;
    this.filled = now;
  }
}

/** How many other clients are inspected for each new one. More than one, so that the table shrinks. */
const STEPS = 2;

/** The same when the table is full, before a client with tokens missing is forgotten. */
const MAX_STEPS = 64;

/**
 * The clients of a service. A client that has no connections and full buckets is as good as a new
 * one, so it is forgotten. For each new client a hand moves on over a few others, as in the
 * algorithm "clock" for pages: no timer runs, and the table never has more than `size` clients
 * without a connection.
 */
export class ClientTable {
  readonly #rates: ClientRates;
  readonly #size: number;
  readonly #now: () => number;
  readonly #clients = new Map<string | number, ClientUsage>();
  #hand: Iterator<[string | number, ClientUsage]>;

  /**
   * @param rates The limits of each client.
   * @param size How many clients are remembered.
   * @param now The time, in ms since any moment.
   */
  constructor(rates: ClientRates, size: number, now: () => number = () => performance.now()) {
    this.#rates = rates;
    this.#size = size;
    this.#now = now;
    this.#hand = this.#clients.entries();
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.#clients.size;
  }

  /** The usage of the client with this key. */
  find(key: string | number): ClientUsage {
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    this.#forgetSome();
    const usage = new ClientUsage(this.#rates, this.#now());
    this.#clients.set(key, usage);
    return usage;
  }

  /**
   * Takes tokens, also those that will be there later.
   *
   * @returns How long to wait until they are there, in ms; 0 if they are.
   */
  take(usage: ClientUsage, of: Limited, count: number): number {
    const rate = this.#rates[of];
    if (rate === undefined) return 0;
    this.#fill(usage);
    usage[of] -= count;
    return usage[of] >= 0 ? 0 : Math.ceil(-usage[of] / rate.perMs);
  }

  /** Gives back tokens that were not used. */
  giveBack(usage: ClientUsage, of: Limited, count: number): void {
    usage[of] += count;
  }

  /**
   * Takes a token if one is there.
   *
   * @returns How long to wait until one is there, in ms; 0 if it was taken.
   */
  takeOne(usage: ClientUsage, of: Limited): number {
    const wait = this.wait(usage, of);
    if (wait === 0 && this.#rates[of] !== undefined) usage[of]--;
    return wait;
  }

  /** How long to wait until a token is there, in ms; 0 if one is. It is not taken. */
  wait(usage: ClientUsage, of: Limited): number {
    const rate = this.#rates[of];
    if (rate === undefined) return 0;
    this.#fill(usage);
    return usage[of] >= 1 ? 0 : Math.ceil((1 - usage[of]) / rate.perMs);
  }

  #fill(usage: ClientUsage): void {
    const now = this.#now();
    const elapsed = now - usage.filled;
    if (elapsed <= 0) return;
    usage.filled = now;
    const { opened, messages, bytes } = this.#rates;
    if (opened) usage.opened = Math.min(opened.burst, usage.opened + elapsed * opened.perMs);
    if (messages) {
      usage.messages = Math.min(messages.burst, usage.messages + elapsed * messages.perMs);
    }
    if (bytes) usage.bytes = Math.min(bytes.burst, usage.bytes + elapsed * bytes.perMs);
  }

  /** True if the client is as good as a new one. */
  #isFull(usage: ClientUsage): boolean {
    if (usage.connections > 0) return false;
    this.#fill(usage);
    const { opened, messages, bytes } = this.#rates;
    return usage.opened >= (opened?.burst ?? 0) && usage.messages >= (messages?.burst ?? 0) &&
      usage.bytes >= (bytes?.burst ?? 0);
  }

  #forgetSome(): void {
    const isCrowded = this.#clients.size >= this.#size;
    let candidate: string | number | undefined;
    for (let step = 0; step < (isCrowded ? MAX_STEPS : STEPS); step++) {
      const next = this.#hand.next();
      if (next.done) {
        this.#hand = this.#clients.entries();
        if (this.#clients.size === 0) return;
        continue;
      }
      const [key, usage] = next.value;
      if (this.#isFull(usage)) {
        this.#clients.delete(key);
        candidate = undefined;
        if (isCrowded && step >= STEPS) return;
      } else if (usage.connections === 0) candidate ??= key;
    }
    if (this.#clients.size >= this.#size && candidate !== undefined) {
      this.#clients.delete(candidate);
    }
  }
}
