/**
 * A bus as the cluster uses it: messages published while it is away are queued, up to a limit, and
 * large messages are sent in parts.
 *
 * @module
 */

import type { Bus } from "./drivers/bus.ts";
import { callApplication, promised, reasonOf } from "../calls.ts";
import { GoerError } from "../errors.ts";
import { MAX_MESSAGE_SIZE, PartCollector, splitMessage } from "./reassembly.ts";

/** The events of a {@linkcode BusLink}. */
export interface BusLinkEvents {
  /** A message has arrived. */
  onMessage(message: Uint8Array, link: BusLink): void;
  /** The bus is away, or a message could not be sent. */
  onError(error: Error, link: BusLink): void;
  /** The bus is back. Queued messages are sent by {@linkcode BusLink.release}. */
  onBack(link: BusLink): void;
}

/** What `status` shows about a bus. */
export interface BusStatistics {
  /** The address, without user and password. */
  name: string;
  /** `away`: reconnecting. */
  state: "ready" | "away";
  /** Bytes queued while the bus is away. */
  queued: number;
  /** Messages dropped because the queue was full. */
  dropped: number;
}

/** One bus. */
export class BusLink {
  readonly bus: Bus;
  readonly #events: BusLinkEvents;
  readonly #maxQueue: number;
  readonly #collector = new PartCollector();
  readonly #wanted = new Set<string>();
  /** Channels with a subscription at the bus. */
  readonly #subscribed = new Map<string, Promise<void>>();
  #queue: [channel: string, message: Uint8Array][] = [];
  /** The bus is connected. */
  #ready = false;
  /** The receivers of queued messages are connected, too. */
  #released = false;
  #closed = false;
  #queued = 0;
  #dropped = 0;

  constructor(bus: Bus, maxQueue: number, events: BusLinkEvents) {
    this.bus = bus;
    this.#maxQueue = maxQueue;
    this.#events = events;
  }

  get statistics(): BusStatistics {
    const { name } = this.bus;
    const state = this.#ready ? "ready" : "away";
    return { name, state, queued: this.#queued, dropped: this.#dropped };
  }

  /** The error that is reported. */
  failure(cause: Error): GoerError {
    if (cause instanceof GoerError) return cause;
    const message = `The bus ${this.bus.name} failed: ${reasonOf(cause)}`;
    return new GoerError("GOER_BUS", message, { cause });
  }

  /** Connects. Rejects if the bus cannot be reached. */
  async open(): Promise<void> {
    await this.bus.open({
      onMessage: (_channel, bytes) => {
        const message = this.#collector.receive(bytes);
        if (message !== undefined) this.#events.onMessage(message, this);
      },
      onAway: (error) => {
        this.#ready = this.#released = false;
        this.#events.onError(error, this);
      },
      onBack: () => this.#back(),
    });
    this.#back();
  }

  /**
   * Sends a message, or queues it until the bus is back and released.
   *
   * @param urgent Sends it without waiting for the release.
   */
  publish(channel: string, message: Uint8Array, urgent = false): void {
    if (message.length > MAX_MESSAGE_SIZE) {
      throw new RangeError(
        `Cannot send ${message.length} bytes to other processes: the limit is ${MAX_MESSAGE_SIZE}`,
      );
    }
    if (this.#released || this.#ready && urgent) return this.#send(channel, message);
    if (this.#queued + message.length > this.#maxQueue) {
      this.#dropped++;
      return;
    }
    this.#queue.push([channel, message]);
    this.#queued += message.length;
  }

  #send(channel: string, message: Uint8Array): void {
    for (const part of splitMessage(message, this.bus.maxMessageSize)) {
      callApplication(() => this.bus.publish(channel, part), this.#failed);
    }
  }

  /** Settles when messages on `channel` arrive, or immediately if the bus is away. */
  subscribe(channel: string): Promise<void> {
    this.#wanted.add(channel);
    return this.#ready ? this.#ask(channel) : Promise.resolve();
  }

  #ask(channel: string): Promise<void> {
    let asked = this.#subscribed.get(channel);
    if (asked === undefined) {
      asked = promised(() => this.bus.subscribe(channel)).catch((error) => {
        this.#subscribed.delete(channel);
        this.#failed(error);
      });
      this.#subscribed.set(channel, asked);
    }
    return asked;
  }

  /** Stops receiving from `channel`. */
  unsubscribe(channel: string): void {
    this.#wanted.delete(channel);
    if (!this.#subscribed.delete(channel)) return;
    callApplication(() => this.bus.unsubscribe(channel), this.#failed);
  }

  #back(): void {
    this.#ready = true;
    for (const channel of this.#wanted) this.#ask(channel);
    this.#events.onBack(this);
  }

  /** The receivers of queued messages are connected: sends these messages. */
  release(): void {
    if (!this.#ready || this.#released) return;
    this.#released = true;
    const waiting = this.#queue;
    this.#queue = [];
    this.#queued = 0;
    for (const [channel, message] of waiting) this.#send(channel, message);
  }

  /** The application's own bus can fail in any way. */
  #failed = (error: unknown): void => {
    if (!this.#closed) this.#events.onError(error as Error, this);
  };

  /** Sends what is queued, then disconnects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#ready = this.#released = false;
    await this.bus.close();
  }
}
