/**
 * The frames that workers of one supervisor send each other through it.
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
  // The names are those of `src/cluster/channels.ts`: nothing else is one.
  if (!/^[\w.-]*$/.test(channel)) return undefined;
  return { operation: bytes[0], channel, payload: bytes.subarray(end) };
}

const decoder = new TextDecoder();
