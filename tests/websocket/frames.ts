/** Creates and parses frames for tests, in a simple way: RFC 6455 section 5.2. */

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** The parts of a frame. Defaults are those of a correct client. */
export interface FrameInit {
  opcode: number;
  payload?: Uint8Array | string;
  fin?: boolean;
  /** The three reserved bits, the first one highest: 4 is RSV1. */
  reserved?: number;
  /** False omits the mask. */
  mask?: readonly [number, number, number, number] | false;
  /** Writes the length in 2 or 8 bytes even if fewer would do. */
  lengthBytes?: 2 | 8;
  /** Claims this length, regardless of the payload. */
  claimedLength?: bigint;
}

/** A received frame. */
export interface Frame {
  opcode: number;
  fin: boolean;
  reserved: number;
  masked: boolean;
  payload: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of hexadecimal digits. Blanks between them are ignored. */
export function hex(digits: string): Uint8Array<ArrayBuffer> {
  const pairs = digits.replaceAll(/\s/g, "").match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text of bytes. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Concatenates arrays. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A client's frame. */
export function frame(init: FrameInit): Uint8Array<ArrayBuffer> {
  const { opcode, fin = true, reserved = 0, mask = [0x37, 0xfa, 0x21, 0x3d], lengthBytes } = init;
  const payload = typeof init.payload === "string"
    ? bytesOf(init.payload)
    : init.payload ?? new Uint8Array();
  const length = init.claimedLength ?? BigInt(payload.length);
  const size = lengthBytes ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const header = [
    (fin ? 0x80 : 0) | reserved << 4 | opcode,
    (mask ? 0x80 : 0) | (size === 0 ? Number(length) : size === 2 ? 126 : 127),
  ];
  for (let shift = size * 8 - 8; shift >= 0; shift -= 8) {
    header.push(Number(length >> BigInt(shift) & 0xffn));
  }
  if (mask) header.push(...mask);
  const body = mask ? payload.map((byte, index) => byte ^ mask[index % 4]) : payload;
  return joined([Uint8Array.from(header), body]);
}

/** A client's text message in one frame. */
export function text(payload: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return frame({ opcode: TEXT, payload });
}

/** A client's close frame. */
export function close(code?: number, reason: Uint8Array | string = ""): Uint8Array<ArrayBuffer> {
  if (code === undefined) return frame({ opcode: CLOSE });
  const bytes = typeof reason === "string" ? bytesOf(reason) : reason;
  const body = joined([Uint8Array.of(code >> 8, code & 0xff), bytes]);
  return frame({ opcode: CLOSE, payload: body });
}

/** A message as the frames of its pieces, of which the last is final. */
export function fragments(
  opcode: number,
  pieces: readonly (Uint8Array | string)[],
  options: { reserved?: number } = {},
): Uint8Array<ArrayBuffer> {
  return joined(pieces.map((payload, index) =>
    frame({
      opcode: index === 0 ? opcode : CONTINUATION,
      fin: index === pieces.length - 1,
      reserved: index === 0 ? options.reserved ?? 0 : 0,
      payload,
    })
  ));
}

/** The first frame of `bytes` after `at`, and its end; undefined if it is incomplete. */
export function readFrame(
  bytes: Uint8Array,
  at = 0,
): { frame: Frame; end: number } | undefined {
  if (bytes.length < at + 2) return undefined;
  const masked = bytes[at + 1] >= 0x80;
  let length = bytes[at + 1] & 0x7f;
  let start = at + 2;
  if (length >= 126) {
    const size = length === 126 ? 2 : 8;
    if (bytes.length < start + size) return undefined;
    length = 0;
    for (let index = 0; index < size; index++) length = length * 256 + bytes[start++];
  }
  const key = masked ? bytes.subarray(start, start += 4) : undefined;
  if (bytes.length < start + length) return undefined;
  const payload = Uint8Array.from(bytes.subarray(start, start + length));
  if (key) payload.forEach((byte, index) => payload[index] = byte ^ key[index % 4]);
  const first = bytes[at];
  return {
    frame: {
      opcode: first & 0x0f,
      fin: first >= 0x80,
      reserved: first >> 4 & 7,
      masked,
      payload,
    },
    end: start + length,
  };
}

/** All the frames of `bytes`, which must end with one. */
export function readFrames(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const next = readFrame(bytes, at);
    if (next === undefined) throw new Error(`${bytes.length - at} bytes make no frame`);
    frames.push(next.frame);
    at = next.end;
  }
  return frames;
}

/** The code of a close frame; 1005 if it has none. */
export function closeCode(frame: Frame): number {
  return frame.payload.length < 2 ? 1005 : frame.payload[0] << 8 | frame.payload[1];
}
