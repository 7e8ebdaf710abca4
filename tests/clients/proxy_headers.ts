/**
 * PROXY headers for tests.
 *
 * @module
 */

const SIGNATURE = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10];

/** The address families of version 2, with 192.0.2.1:4711 and 192.0.2.7:443, or in IPv6. */
const ADDRESSES = {
  ipv4: [0x11, 192, 0, 2, 1, 192, 0, 2, 7, 0x12, 0x67, 0x01, 0xbb],
  ipv6: [
    0x21,
    ...[0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), 1],
    ...[0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), 7],
    ...[0x12, 0x67, 0x01, 0xbb],
  ],
  unix: [0x31, ...new Array(216).fill(0x61)],
  none: [0x00],
} as const;

/** A header of version 1 for 192.0.2.1:4711. */
export const V1 = "PROXY TCP4 192.0.2.1 192.0.2.7 4711 443\r\n";

/** Options of {@linkcode v2}. */
export interface V2Options {
  /** Version and command. Default: 0x21, version 2 and PROXY. */
  command?: number;
  /** Default: `"ipv4"`. */
  addresses?: keyof typeof ADDRESSES;
  /** What follows the addresses. */
  rest?: readonly number[];
  /** The length in the header. Default: the right one. */
  length?: number;
}

/** A header of version 2. */
export function v2(options: V2Options = {}): Uint8Array<ArrayBuffer> {
  const { command = 0x21, addresses = "ipv4", rest = [] } = options;
  const [family, ...bytes] = ADDRESSES[addresses];
  const { length = bytes.length + rest.length } = options;
  return new Uint8Array([
    ...SIGNATURE,
    command,
    family,
    length >> 8,
    length & 0xff,
    ...bytes,
    ...rest,
  ]);
}

/** A TLV of a header of version 2. */
export function tlv(type: number, ...value: number[]): number[] {
  return [type, value.length >> 8, value.length & 0xff, ...value];
}
