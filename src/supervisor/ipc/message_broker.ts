/**
 * Carries messages between the workers of a supervisor, of all generations: each frame names a
 * channel, and goes to all workers that have subscribed to it.
 *
 * @module
 */

import { OPERATION, packFrame, unpackFrame } from "../../cluster/drivers/local_frame.ts";

/** A worker's connection. */
export interface Port {
  /** Bytes that it has not read yet. */
  readonly bufferedBytes: number;
  sendBytes(bytes: Uint8Array): void;
  destroy(): void;
}

/**
 * How many bytes may be queued for a worker that does not read. Further messages to it are lost,
 * which limits the supervisor's memory.
 */
const MAX_BACKLOG = 64 * 1024 * 1024;

/** How many more bytes may be queued, for replies, before such a worker is disconnected. */
const MAX_UNANSWERED = 1024 * 1024;

/** How many channels one worker may subscribe to. Each takes about 400 bytes in the supervisor. */
const MAX_CHANNELS = 1_048_576;

/** The subscriptions of all workers. */
export class MessageBroker {
  readonly #subscribers = new Map<string, Map<Port, number>>();
  readonly #channels = new Map<Port, Set<string>>();

  /** Handles a frame of a worker. Returns false if it is malformed or exceeds a limit. */
  receive(bytes: Uint8Array, port: Port, worker: number): boolean {
    const frame = unpackFrame(bytes);
    if (frame === undefined || frame.channel === "") return false;
    const channels = this.#channels.get(port);
    switch (frame.operation) {
      case OPERATION.publish:
        this.#publish(frame.channel, bytes, port);
        return true;
      case OPERATION.subscribe:
        if (channels !== undefined && channels.size >= MAX_CHANNELS) return false;
        this.#subscribe(frame.channel, port, worker);
        return true;
      case OPERATION.unsubscribe:
        this.#unsubscribe(frame.channel, port);
        return true;
      default:
        return false;
    }
  }

  #publish(channel: string, frame: Uint8Array, from: Port): void {
    for (const port of this.#subscribers.get(channel)?.keys() ?? []) {
      if (port === from) continue;
      if (port.bufferedBytes <= MAX_BACKLOG) port.sendBytes(frame);
    }
  }

  #subscribe(channel: string, port: Port, worker: number): void {
    let subscribers = this.#subscribers.get(channel);
    if (subscribers === undefined) this.#subscribers.set(channel, subscribers = new Map());
    const others = [...subscribers.values()].filter((one) => one !== worker);
    subscribers.set(port, worker);
    const channels = this.#channels.get(port);
    if (channels === undefined) this.#channels.set(port, new Set([channel]));
    else channels.add(channel);
    this.#answer(port, packFrame(OPERATION.subscribed, channel, encodeJson(others)));
  }

  #answer(port: Port, frame: Uint8Array): void {
    if (port.bufferedBytes > MAX_BACKLOG + MAX_UNANSWERED) port.destroy();
    else port.sendBytes(frame);
  }

  #unsubscribe(channel: string, port: Port): void {
    this.#channels.get(port)?.delete(channel);
    const subscribers = this.#subscribers.get(channel);
    subscribers?.delete(port);
    if (subscribers?.size === 0) this.#subscribers.delete(channel);
  }

  /** A worker has reconnected: what it knew of others may be out of date. */
  welcome(port: Port, workers: number[]): void {
    this.#answer(port, packFrame(OPERATION.alive, "", encodeJson(workers)));
  }

  /** A worker's connection has ended. */
  forget(port: Port): void {
    for (const channel of [...this.#channels.get(port) ?? []]) this.#unsubscribe(channel, port);
    this.#channels.delete(port);
  }

  /** A worker has ended. */
  workerEnded(worker: number): void {
    const frame = packFrame(OPERATION.gone, "", encodeJson(worker));
    for (const port of this.#channels.keys()) this.#answer(port, frame);
  }
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
