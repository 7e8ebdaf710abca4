/**
 * The checksum of PROXY headers: CRC-32C (RFC 9260, appendix A).
 *
 * @module
 */

/** The polynomial, with its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/**
 * Computes the checksum bit by bit: a header is short, and few have a checksum.
 *
 * @returns An unsigned number of 32 bits.
 */
export function crc32c(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >>> 1 ^ POLYNOMIAL : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}
