/**
 * A bus over a broker: connects, restores subscriptions, and detects a silent broker.
 *
 * The client libraries can reconnect, too, but differ: the Redis client waits for ever for a
 * greeting, the NATS client reports the connection before the subscriptions are restored, and both
 * keep messages for the previous connection. So this class creates a new client for each
 * connection.
 *
 * @module
 */

import { nativeDelay } from "../../numbers.ts";
import { type Timer, timers } from "../../timer/timers.ts";
import type { BrokerAddress } from "./broker_address.ts";
import type { Bus, BusEvents } from "./bus.ts";
import { busError } from "./broker_error.ts";

/** The events of a {@linkcode BrokerConnection}. */
export interface ConnectionEvents {
  /** A message has arrived. */
  onMessage(channel: string, message: Uint8Array): void;
  /** The connection is lost, or could not be made. May be called more than once. */
  onLost(error: unknown): void;
}

/** One connection to a broker. It is opened once, and discarded when it is lost. */
export interface BrokerConnection {
  /** The largest message in bytes. Read after `open`. */
  readonly maxMessageSize: number;
  /** Connects. May never settle, even after `destroy`. */
  open(): Promise<void>;
  /** Sends `message` to all subscribers of `channel`. */
  publish(channel: string, message: Uint8Array): void;
  /** Settles once everything published on `channels` from now on arrives. */
  subscribe(channels: string[]): Promise<void>;
  /** Stops receiving from `channel`. */
  unsubscribe(channel: string): void;
  /** Settles once the broker has received everything sent before. */
  ping(): Promise<void>;
  /** Disconnects immediately. Leaves nothing behind, in any state. */
  destroy(): void;
}

/** Creates a connection, to be opened later. */
export type BrokerConnector = new (
  address: BrokerAddress,
  events: ConnectionEvents,
) => BrokerConnection;

/** Options of {@linkcode BrokerBus}. */
export interface BrokerBusOptions {
  /** How long connecting may take, with greeting and subscriptions, in ms. @default 5000 */
  connectTimeout?: number;
  /**
   * How often to ping the broker, in ms. After the third missing reply the connection is lost.
   * @default 5000
   */
  heartbeat?: number;
}

/** The first and the longest pause before connecting again, in ms. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 3000;

/** How many heartbeats in a row may pass without a reply. */
const MAX_SILENT_BEATS = 2;

/** Carries messages over a broker. */
export class BrokerBus implements Bus {
  readonly name: string;
  readonly #address: BrokerAddress;
  readonly #Connection: BrokerConnector;
  readonly #connectTimeout: number;
  readonly #heartbeat: number;
  readonly #channels = new Set<string>();
  #events: BusEvents | undefined;
  /** The connection, once it is established. */
  #connection: BrokerConnection | undefined;
  /** Rejects the attempt to connect. */
  #abandon: ((error: unknown) => void) | undefined;
  /** Callers that wait for a connection. */
  #waiting: ((connection: BrokerConnection | undefined) => void)[] = [];
  /** Ends the pause before connecting again. */
  #wake: (() => void) | undefined;
  #beats: ReturnType<typeof setInterval> | undefined;
  #silentBeats = 0;
  #maxMessageSize = 0;
  #closed = false;

  constructor(
    address: BrokerAddress,
    Connection: BrokerConnector,
    { connectTimeout = 5000, heartbeat = 5000 }: BrokerBusOptions = {},
  ) {
    this.name = address.name;
    this.#address = address;
    this.#Connection = Connection;
    this.#connectTimeout = connectTimeout;
    this.#heartbeat = heartbeat;
  }

  get maxMessageSize(): number {
    return this.#maxMessageSize;
  }

  async open(events: BusEvents): Promise<void> {
    this.#events = events;
    try {
      await this.#connect();
    } catch (error) {
      throw busError("Cannot reach the bus", this.#address, error);
    }
  }

  publish(channel: string, message: Uint8Array): void {
    this.#connection?.publish(channel, message);
  }

  async subscribe(channel: string): Promise<void> {
    this.#channels.add(channel);
    while (this.#channels.has(channel)) {
      const connection = this.#connection ?? await this.#standing();
      if (connection === undefined) return;
      try {
        return await connection.subscribe([channel]);
      } catch (error) {
        // If this failure lost the connection, the next one subscribes again.
        if (connection !== this.#connection) continue;
        this.#channels.delete(channel);
        throw busError(`Cannot subscribe to ${channel} on the bus`, this.#address, error);
      }
    }
  }

  unsubscribe(channel: string): void {
    if (this.#channels.delete(channel)) this.#connection?.unsubscribe(channel);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#abandon?.(new Error("The bus is closed"));
    this.#wake?.();
    this.#settle(undefined);
    const connection = this.#connection;
    this.#connection = undefined;
    clearInterval(this.#beats);
    if (connection === undefined) return;
    try {
      await this.#inTime(connection.ping(), () => {});
    } catch {
      // The connection was lost meanwhile, and the queue with it.
    }
    connection.destroy();
  }

  /** Connects with all subscriptions, within the time limit. */
  async #connect(): Promise<void> {
    let lost: unknown;
    let lose: (error: unknown) => void = (error) => lost = error;
    const connection = new this.#Connection(this.#address, {
      onMessage: (channel, message) => this.#receive(channel, message),
      onLost: (error) => lose(error),
    });
    try {
      await this.#inTime(this.#establish(connection), (abandon) => {
        this.#abandon = abandon;
        lose = (error) => abandon(lost = error ?? new Error());
      });
      if (lost !== undefined) throw lost;
    } catch (error) {
      connection.destroy();
      throw error;
    } finally {
      this.#abandon = undefined;
    }
    lose = (error) => this.#lose(connection, error);
    this.#stand(connection);
  }

  async #establish(connection: BrokerConnection): Promise<void> {
    await connection.open();
    const channels = [...this.#channels];
    if (channels.length > 0) await connection.subscribe(channels);
    for (const channel of channels) {
      if (!this.#channels.has(channel)) connection.unsubscribe(channel);
    }
  }

  /** Waits for `work`, up to the time limit for connecting, or until the attempt is abandoned. */
  async #inTime(
    work: Promise<void>,
    onStart: (abandon: (error: unknown) => void) => void,
  ): Promise<void> {
    let timer: Timer | undefined;
    const abandoned = new Promise<never>((_, reject) => {
      const message = `no answer within ${this.#connectTimeout} ms`;
      timer = timers.after(this.#connectTimeout, () => reject(new Error(message)));
      onStart(reject);
    });
    try {
      await Promise.race([work, abandoned]);
    } finally {
      timer?.cancel();
    }
  }

  #stand(connection: BrokerConnection): void {
    this.#connection = connection;
    this.#maxMessageSize = connection.maxMessageSize;
    this.#silentBeats = 0;
    this.#beats = setInterval(() => this.#beat(connection), nativeDelay(this.#heartbeat));
    this.#settle(connection);
  }

  /** Settles with the next connection, or with undefined once the bus is closed. */
  #standing(): Promise<BrokerConnection | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #settle(connection: BrokerConnection | undefined): void {
    for (const resolve of this.#waiting.splice(0)) resolve(connection);
  }

  #beat(connection: BrokerConnection): void {
    if (++this.#silentBeats > MAX_SILENT_BEATS) {
      const message = `no answer for ${MAX_SILENT_BEATS * this.#heartbeat} ms`;
      return this.#lose(connection, new Error(message));
    }
    connection.ping().then(() => this.#silentBeats = 0, () => {});
  }

  #receive(channel: string, message: Uint8Array): void {
    this.#silentBeats = 0;
    if (this.#closed || !this.#channels.has(channel)) return;
    const { buffer, byteOffset, byteLength } = message;
    try {
      // The libraries return Buffers, whose `slice` does not copy.
      this.#events?.onMessage(channel, new Uint8Array(buffer, byteOffset, byteLength));
    } catch (error) {
      // If thrown here, it would break the library's parser in the middle of the stream.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #lose(connection: BrokerConnection, error: unknown): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    clearInterval(this.#beats);
    connection.destroy();
    this.#events?.onAway(busError("Lost the bus", this.#address, error));
    this.#connectAgain();
  }

  /** Reconnects, for as long as it takes. */
  async #connectAgain(): Promise<void> {
    for (let pause = FIRST_PAUSE; !this.#closed; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      // A random pause, so that not all processes return to a broker at once.
      await this.#sleep(pause * (0.5 + Math.random() / 2));
      if (this.#closed) return;
      try {
        await this.#connect();
      } catch {
        continue;
      }
      this.#events?.onBack();
      return;
    }
  }

  #sleep(duration: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, nativeDelay(duration));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
