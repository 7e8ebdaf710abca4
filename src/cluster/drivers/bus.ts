/**
 * Carries messages between processes: a small interface for any kind of broker.
 *
 * @module
 */

/** The events of a {@linkcode Bus}. */
export interface BusEvents {
  /** A message has arrived on a subscribed channel. Its bytes do not change any more. */
  onMessage(channel: string, message: Uint8Array): void;
  /** The connection is lost. The bus reconnects by itself, for as long as it takes. */
  onAway(error: Error): void;
  /** The connection and all subscriptions are restored. */
  onBack(): void;
}

/**
 * Carries messages between processes, at most once. Messages of one process arrive at each other
 * process in the order in which they were published.
 *
 * Names of channels consist of letters, digits, `.`, `-` and `_`, at most 100 of them. A process
 * may receive its own messages.
 *
 * @example A bus within one process
 * ```ts
 * import type { Bus, BusEvents } from "@goer/goer";
 *
 * class Loop implements Bus {
 *   readonly name = "loop:";
 *   readonly maxMessageSize = 16 * 1024 * 1024;
 *   readonly #channels = new Set<string>();
 *   #events: BusEvents | undefined;
 *
 *   open(events: BusEvents): Promise<void> {
 *     this.#events = events;
 *     return Promise.resolve();
 *   }
 *   publish(channel: string, message: Uint8Array): void {
 *     if (this.#channels.has(channel)) this.#events?.onMessage(channel, message);
 *   }
 *   subscribe(channel: string): Promise<void> {
 *     this.#channels.add(channel);
 *     return Promise.resolve();
 *   }
 *   unsubscribe(channel: string): void {
 *     this.#channels.delete(channel);
 *   }
 *   close(): Promise<void> {
 *     return Promise.resolve();
 *   }
 * }
 *
 * const bus: Bus = new Loop();
 * if (bus.name !== "loop:") throw new Error();
 * ```
 */
export interface Bus {
  /** The name in errors and `status`: the address without user and password. */
  readonly name: string;
  /** The largest message in bytes; larger ones are sent in parts. Read after `open`. */
  readonly maxMessageSize: number;
  /**
   * Connects.
   *
   * @throws {Error} If the broker cannot be reached, or refuses.
   */
  open(events: BusEvents): Promise<void>;
  /** Sends `message` to all subscribers of `channel`. Called only while connected. */
  publish(channel: string, message: Uint8Array): void;
  /** Settles when everything published on `channel` from now on arrives. */
  subscribe(channel: string): Promise<void>;
  /** Stops receiving from `channel`. */
  unsubscribe(channel: string): void;
  /** Sends what is queued, then disconnects. */
  close(): Promise<void>;
}

/** The bus between the workers of one supervisor, which knows them. */
export interface LocalBus extends Bus {
  /** The numbers of the workers that have subscribed to `channel`. */
  peers(channel: string): Promise<number[]>;
  /** Calls `callback` when workers have ended; `alive` tells which ones still run. */
  onEnded(callback: (alive: (worker: number) => boolean) => void): void;
}
