/**
 * Carries messages between the workers of a supervisor, of whichever generation: each frame says a
 * channel, and goes to all workers that have subscribed to it.
 *
 * @module
 */

/** What a frame asks for, or tells. */
export const OPERATION = {
  /** From a worker, and on to others: the payload is for all that have subscribed. */
  publish: 0,
  subscribe: 1,
  unsubscribe: 2,
  /** To a worker: it has subscribed; the payload holds the numbers of those that had before, as JSON. */
  subscribed: 3,
  /** To a worker that connects: the numbers of all that live, as JSON. */
  alive: 4,
  /** To a worker: another one has ended; the payload is its number, as JSON. */
  gone: 5,
} as const;

/** A frame, taken apart. */
export interface Frame {
  operation: number;
  channel: string;
  payload: Uint8Array;
}

/** How many bytes stand before the payload, beside the channel's name. */
const FRAME_OVERHEAD = 2;

/** Puts a frame together: one byte each for operation and the length of the channel's name. */
export function packFrame(operation: number, channel: string, payload?: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_OVERHEAD + channel.length + (payload?.length ?? 0));
  frame[0] = operation;
  frame[1] = channel.length;
  new TextEncoder().encodeInto(channel, frame.subarray(FRAME_OVERHEAD));
  if (payload !== undefined) frame.set(payload, FRAME_OVERHEAD + channel.length);
  return frame;
}

/** Takes a frame apart; undefined if the bytes are none. */
export function unpackFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < FRAME_OVERHEAD) return undefined;
  const end = FRAME_OVERHEAD + bytes[1];
  if (bytes.length < end) return undefined;
  const channel = decoder.decode(bytes.subarray(FRAME_OVERHEAD, end));
  // The names are those of `src/groups/channels.ts`: nothing else is one.
  if (!/^[\w.-]*$/.test(channel)) return undefined;
  return { operation: bytes[0], channel, payload: bytes.subarray(end) };
}

const decoder = new TextDecoder();

/** A worker's connection. */
export interface Port {
  /** Bytes that it has not taken yet. */
  readonly bufferedBytes: number;
  sendBytes(bytes: Uint8Array): void;
  destroy(): void;
}

/**
 * How many bytes may wait for a worker that does not read what others publish. What is published while one
 * is so far behind is lost to it; the supervisor's memory stays bounded.
 */
const MAX_BACKLOG = 64 * 1024 * 1024;

/** How much further behind a worker is cut off, in bytes: it asks, and does not read the answers. */
const MAX_UNANSWERED = 1024 * 1024;

/** How many channels one worker may subscribe to: each takes the supervisor some 400 bytes. */
const MAX_CHANNELS = 1_048_576;

/** Who has subscribed to what. */
export class Switchboard {
  readonly #subscribers = new Map<string, Map<Port, number>>();
  readonly #channels = new Map<Port, Set<string>>();

  /** A worker says something. Returns false if that is no frame, or one too many. */
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

  /** A worker comes back: what it knew of others may be out of date. */
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
