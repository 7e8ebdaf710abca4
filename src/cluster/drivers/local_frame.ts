/**
 * The frames that the workers of one supervisor exchange through it.
 *
 * @module
 */

/** The purpose of a frame. */
export const OPERATION = {
  /** From a worker, forwarded to others: the payload is for all subscribers. */
  publish: 0,
  subscribe: 1,
  unsubscribe: 2,
  /**
   * To a worker: it has subscribed. The payload holds the numbers of earlier subscribers, as JSON.
   */
  subscribed: 3,
  /** To a worker that connects: the numbers of all running workers, as JSON. */
  alive: 4,
  /** To a worker: another one has ended. The payload is its number, as JSON. */
  gone: 5,
} as const;

/** A parsed frame. */
export interface Frame {
  operation: number;
  channel: string;
  payload: Uint8Array;
}

/** How many bytes precede the payload, besides the channel's name. */
const FRAME_OVERHEAD = 2;

/** Packs a frame: one byte each for the operation and the length of the channel's name. */
export function packFrame(operation: number, channel: string, payload?: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_OVERHEAD + channel.length + (payload?.length ?? 0));
  frame[0] = operation;
  frame[1] = channel.length;
  new TextEncoder().encodeInto(channel, frame.subarray(FRAME_OVERHEAD));
  if (payload !== undefined) frame.set(payload, FRAME_OVERHEAD + channel.length);
  return frame;
}

/** Unpacks a frame; undefined if it is malformed. */
export function unpackFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < FRAME_OVERHEAD) return undefined;
  const end = FRAME_OVERHEAD + bytes[1];
  if (bytes.length < end) return undefined;
  const channel = decoder.decode(bytes.subarray(FRAME_OVERHEAD, end));
  // The names come from `src/cluster/channels.ts`, so others are invalid.
  if (!/^[\w.-]*$/.test(channel)) return undefined;
  return { operation: bytes[0], channel, payload: bytes.subarray(end) };
}

const decoder = new TextDecoder();
