/**
 * The bus between the workers of one supervisor. It uses their channels to the supervisor, so
 * nothing has to be installed and nothing listens.
 *
 * @module
 */

import type { BusEvents, LocalBus } from "./bus.ts";
import { integer, listOf, parseShaped } from "../../shapes.ts";
import { OPERATION, packFrame, unpackFrame } from "./local_frame.ts";

/**
 * The maximum size of what surrounds the message in a frame, such as the channel's name, in bytes.
 */
const ENVELOPE_SIZE = 1024;

const WORKER = integer();
const WORKERS = listOf(WORKER);
const decoder = new TextDecoder();

/** The bus between the workers of one supervisor. */
export class WorkerBus implements LocalBus {
  readonly name = "local";
  readonly maxMessageSize: number;
  readonly #send: (bytes: Uint8Array) => void;
  /** Subscribed channels, and the earlier subscribers of each. */
  readonly #channels = new Map<string, number[] | undefined>();
  readonly #awaited = new Map<string, (() => void)[]>();
  #events: BusEvents | undefined;
  #onAlive: ((alive: (worker: number) => boolean) => void)[] = [];

  /**
   * @param send Sends bytes to the supervisor. It drops them while there is no connection.
   * @param maxFrameSize The largest frame that `send` takes, in bytes.
   */
  constructor(send: (bytes: Uint8Array) => void, maxFrameSize: number) {
    this.#send = send;
    this.maxMessageSize = maxFrameSize - ENVELOPE_SIZE;
  }

  open(events: BusEvents): Promise<void> {
    this.#events = events;
    return Promise.resolve();
  }

  publish(channel: string, message: Uint8Array): void {
    this.#send(packFrame(OPERATION.publish, channel, message));
  }

  subscribe(channel: string): Promise<void> {
    if (this.#channels.get(channel) !== undefined) return Promise.resolve();
    this.#channels.set(channel, undefined);
    const subscribed = new Promise<void>((resolve) => {
      this.#awaited.set(channel, [...this.#awaited.get(channel) ?? [], resolve]);
    });
    this.#send(packFrame(OPERATION.subscribe, channel));
    return subscribed;
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel);
    this.#settle(channel);
    this.#send(packFrame(OPERATION.unsubscribe, channel));
  }

  async peers(channel: string): Promise<number[]> {
    await this.subscribe(channel);
    return this.#channels.get(channel) ?? [];
  }

  onEnded(callback: (alive: (worker: number) => boolean) => void): void {
    this.#onAlive.push(callback);
  }

  /** The connection ends with its process. */
  close(): Promise<void> {
    this.#events = undefined;
    return Promise.resolve();
  }

  /** A frame of the supervisor has arrived. A malformed one is dropped. */
  receive(bytes: Uint8Array): void {
    const frame = unpackFrame(bytes);
    if (frame === undefined) return;
    const { operation, channel, payload } = frame;
    if (operation === OPERATION.publish) return this.#events?.onMessage(channel, payload);
    const json = decoder.decode(payload);
    if (operation === OPERATION.gone) {
      const gone = parseShaped(json, WORKER);
      if (gone !== undefined) this.#tell((worker) => worker !== gone);
      return;
    }
    const workers = parseShaped(json, WORKERS);
    if (workers === undefined) return;
    if (operation === OPERATION.alive) this.#tell((worker) => workers.includes(worker));
    else if (operation === OPERATION.subscribed && this.#channels.has(channel)) {
      this.#channels.set(channel, workers);
      this.#settle(channel);
    }
  }

  #tell(alive: (worker: number) => boolean): void {
    for (const callback of this.#onAlive) callback(alive);
  }

  #settle(channel: string): void {
    const waiting = this.#awaited.get(channel) ?? [];
    this.#awaited.delete(channel);
    for (const resolve of waiting) resolve();
  }

  /** The supervisor is away, because a new one takes over. */
  away(): void {
    this.#events?.onAway(new Error("The supervisor is being replaced"));
  }

  /** A supervisor is back, and knows no channels. */
  returned(): void {
    for (const channel of this.#channels.keys()) {
      this.#send(packFrame(OPERATION.subscribe, channel));
    }
  }

  /** All other workers have subscribed again. */
  back(): void {
    this.#events?.onBack();
  }
}
