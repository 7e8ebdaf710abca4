/**
 * The content codings of HTTP. All three runtimes have `node:zlib`, and the web's
 * `CompressionStream` lacks Brotli. It is loaded when the first response is compressed.
 *
 * @module
 */

import type { Transform } from "node:stream";

/** A content coding (RFC 9110, section 8.4.1). */
export type Encoding = "br" | "gzip" | "deflate";

/** Compresses pieces as they arrive. Each is complete before the next one is requested. */
export type Compressor = (
  encoding: Encoding,
  source: AsyncIterable<Uint8Array>,
) => AsyncIterable<Uint8Array>;

/** Brotli's best level takes a hundred times as long as this one, and saves a tenth of the size. */
const BROTLI_QUALITY = 5;

/** Loads the compressor. */
export async function loadCompression(): Promise<{ compressor: Compressor }> {
  const zlib = await import("node:zlib");

  function open(encoding: Encoding): Transform {
    const { constants } = zlib;
    switch (encoding) {
      case "br":
        return zlib.createBrotliCompress({
          flush: constants.BROTLI_OPERATION_FLUSH,
          params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
        });
      case "gzip":
        return zlib.createGzip({ flush: constants.Z_SYNC_FLUSH });
      case "deflate":
        return zlib.createDeflate({ flush: constants.Z_SYNC_FLUSH });
    }
  }

  return {
    async *compressor(encoding, source) {
      const transform = open(encoding);
      const filling = fill(transform, source);
      try {
        yield* transform;
        await filling;
      } finally {
        transform.destroy();
      }
    },
  };
}

async function fill(transform: Transform, source: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const piece of source) {
      if (transform.destroyed) return;
      if (!transform.write(piece)) await roomIn(transform);
    }
    transform.end();
  } catch (error) {
    transform.destroy(error as Error);
  }
}

/** Waits until the compressor accepts more, or never will. */
function roomIn(transform: Transform): Promise<void> {
  return new Promise((resolve) => transform.once("drain", resolve).once("close", resolve));
}
