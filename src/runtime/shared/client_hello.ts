/**
 * Reads the name of the server in a client's first message of TLS (RFC 8446 section 4.1.2, RFC 6066
 * section 3), to choose the certificate before the handshake begins. Node cannot choose between
 * certificates with keys of different types, and each runtime has its own way.
 *
 * @module
 */

/** The most bytes of a client's first message that are read: it has no name then. */
const MAX_SIZE = 65_536;

/** The type of a record, of a message and of an extension. */
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;

/** Thrown if the message ends too early, or is something else. */
const MALFORMED = new Error("This is no ClientHello");

/**
 * The server that the client wants to reach.
 *
 * @param bytes The client's first bytes.
 * @returns The name in lower case, `""` if there is none, or `undefined` if more bytes are needed.
 */
export function serverNameIn(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_SIZE) return "";
  try {
    const message = joinRecords(bytes);
    return message && nameIn(new Reader(message));
  } catch {
    // The handshake will fail with the right alert.
    return "";
  }
}

/** The first message, without its header. Large ones are split into several records. */
function joinRecords(bytes: Uint8Array): Uint8Array | undefined {
  const joined: number[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    if (bytes[at] !== HANDSHAKE) throw MALFORMED;
    const end = at + 5 + (bytes[at + 3] << 8 | bytes[at + 4]);
    for (const byte of bytes.subarray(at + 5, end)) joined.push(byte);
    at = end;
    if (joined.length < 4) continue;
    if (joined[0] !== CLIENT_HELLO) throw MALFORMED;
    const size = 4 + (joined[1] << 16 | joined[2] << 8 | joined[3]);
    if (joined.length >= size) return new Uint8Array(joined.slice(4, size));
  }
  return undefined;
}

function nameIn(hello: Reader): string {
  hello.take(2 + 32); // Version and random.
  hello.take(hello.number(1)); // Session.
  hello.take(hello.number(2)); // Cipher suites.
  hello.take(hello.number(1)); // Compression methods.
  if (hello.isAtEnd) return "";
  const extensions = new Reader(hello.take(hello.number(2)));
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const extension = new Reader(extensions.take(extensions.number(2)));
    if (type !== SERVER_NAME) continue;
    const names = new Reader(extension.take(extension.number(2)));
    if (names.number(1) !== 0) return "";
    return new TextDecoder().decode(names.take(names.number(2))).toLowerCase();
  }
  return "";
}

/** Reads bytes from the front. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(count: number): Uint8Array {
    const start = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) throw MALFORMED;
    return this.#bytes.subarray(start, this.#at);
  }

  number(size: number): number {
    return this.take(size).reduce((number, byte) => number * 256 + byte, 0);
  }
}
