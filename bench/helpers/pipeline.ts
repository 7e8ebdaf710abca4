/**
 * Pipelined load: each connection writes a batch of messages, waits until all of them have been
 * echoed, and writes the next batch.
 *
 * @module
 */

import type { Load } from "./compare.ts";

/** Options of {@linkcode pipeline}. */
export interface PipelineOptions {
  /** How long, in seconds. @default 3 */
  seconds?: number;
  /** How many connections. @default 16 */
  connections?: number;
}

/**
 * Creates a load of pipelined echoes.
 *
 * @param batch The bytes of one write, which must be echoed.
 * @param messages How many messages `batch` holds.
 */
export function pipeline(
  batch: Uint8Array,
  messages: number,
  options: PipelineOptions = {},
): Load {
  const { seconds = 3, connections = 16 } = options;
  return async (url) => {
    const deadline = performance.now() + seconds * 1000;
    const target = { hostname: url.hostname, port: Number(url.port) };
    const batches = await Promise.all(
      Array.from({ length: connections }, () => echoUntil(deadline, target, batch)),
    );
    return messages * batches.reduce((sum, count) => sum + count, 0);
  };
}

/** Echoes `batch` over one connection until `deadline`, and returns how often. */
async function echoUntil(
  deadline: number,
  target: Deno.ConnectOptions,
  batch: Uint8Array,
): Promise<number> {
  using conn = await Deno.connect(target);
  conn.setNoDelay(true);
  const buffer = new Uint8Array(batch.length);
  let count = 0;
  for (; performance.now() < deadline; count++) {
    await conn.write(batch);
    for (let received = 0; received < batch.length;) {
      const size = await conn.read(buffer.subarray(received));
      if (size === null) throw new Error("The server has ended the connection");
      received += size;
    }
    if (buffer[0] !== batch[0] || buffer.at(-1) !== batch.at(-1)) {
      throw new Error("The server has sent something else back");
    }
  }
  return count;
}
