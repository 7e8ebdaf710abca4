/**
 * Which content codings the runtime's `fetch` decodes. It keeps the field `Content-Encoding` of the
 * response, so the field alone does not tell.
 *
 * @module
 */

import process from "node:process";

/** The codings that it decodes. */
const DECODED: readonly string[] = decodedCodings();

/** True if it decodes several codings of one response. */
const DECODES_SEVERAL = !("Deno" in globalThis || "Bun" in globalThis);

function decodedCodings(): readonly string[] {
  if ("Deno" in globalThis) return ["gzip", "br"];
  const common = ["gzip", "x-gzip", "deflate", "br"];
  if ("Bun" in globalThis) return [...common, "zstd"];
  // Node's fetch is that of undici, which decodes zstd since version 7.11.
  const [major, minor] = (process.versions.undici ?? "0.0").split(".").map(Number);
  return major > 7 || major === 7 && minor >= 11 ? [...common, "zstd"] : common;
}

/**
 * Tells whether `fetch` has decoded a response.
 *
 * @param encoding The field `Content-Encoding` of the response.
 */
export function isDecodedByFetch(encoding: string): boolean {
  const codings = encoding.toLowerCase().split(",").map((coding) => coding.trim());
  if (codings.length > 1 && !DECODES_SEVERAL) return false;
  return codings.every((coding) => DECODED.includes(coding));
}
