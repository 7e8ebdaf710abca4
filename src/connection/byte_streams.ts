/**
 * A connection of raw bytes as two web streams.
 *
 * @module
 */

import { copyOf } from "../bytes/outgoing.ts";
import { GoerError } from "../errors.ts";
import type { Connection } from "../protocol/connection.ts";
import * as hold from "./hold.ts";
import type { MessageReceiver } from "./message_receiver.ts";
import type { Outlet } from "./pipe.ts";

/** How many bytes wait in each stream before the other side is slowed down. */
const HIGH_WATER_MARK = 65_536;

/** The part of a receiver that an outlet needs. */
type Receiver = Pick<MessageReceiver<unknown>, "hold" | "release">;

/** The streams of a connection. A reader that is slow holds the peer back. */
export class ByteStreams implements Outlet {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #connection: Connection<Uint8Array>;
  readonly #receiver: Receiver;
  #reader!: ReadableStreamDefaultController<Uint8Array>;
  #writer!: WritableStreamDefaultController;
  /** Nothing more is read. */
  #ended = false;
  /** Nothing more is written. */
  #finished = false;

  constructor(connection: Connection<Uint8Array>, receiver: Receiver) {
    this.#connection = connection;
    this.#receiver = receiver;
    // What is neither bytes nor text has no length, and `send` refuses it.
    const size = (chunk: Uint8Array | undefined) => chunk?.length ?? 0;
    const limit = { highWaterMark: HIGH_WATER_MARK, size };
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#reader = controller),
      pull: () => receiver.release(hold.PIPE),
      cancel: () => {
        this.#ended = true;
        receiver.release(hold.PIPE);
      },
    }, limit);
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => void (this.#writer = controller),
      write: (chunk) => writeTo(connection, chunk),
      close: () => this.#finish(),
      abort: () => connection.destroy(),
    }, limit);
  }

  admits(): boolean {
    if (this.#ended || this.#reader.desiredSize! > 0) return true;
    this.#receiver.hold(hold.PIPE);
    return false;
  }

  send(message: unknown): void {
    // The bytes are valid during the call only, and they are read later.
    if (!this.#ended) this.#reader.enqueue(copyOf(message as Uint8Array));
  }

  ended(): boolean {
    if (!this.#ended) this.#reader.close();
    this.#ended = true;
    return true;
  }

  close(error?: Error): void {
    if (!this.#finished) this.#writer.error(error ?? endedError(this.#connection));
    this.#finished = true;
    if (error === undefined || this.#ended) return void this.ended();
    this.#ended = true;
    this.#reader.error(error);
  }

  leadsTo(): boolean {
    return false;
  }

  async #finish(): Promise<void> {
    this.#finished = true;
    this.#connection.end();
    await this.#connection.drained();
  }
}

/** Writes a chunk, which may change again once the promise has resolved. */
async function writeTo(connection: Connection<Uint8Array>, chunk: Uint8Array): Promise<void> {
  for (;;) {
    const status = connection.send(chunk);
    if (status === "accepted") return;
    if (status === "queued" && connection.bufferedBytes < HIGH_WATER_MARK) return;
    if (status === "closed" || !await connection.drained()) throw endedError(connection);
    if (status === "queued") return;
  }
}

function endedError({ remoteAddress }: Connection<never>): GoerError {
  return new GoerError("GOER_CONNECTION", `The connection with ${remoteAddress} has ended`);
}

/** Refuses a connection whose messages are not bytes. */
export function checkRaw(
  connection: Connection<never> & { readonly protocolName: string },
): Connection<Uint8Array> {
  const { protocolName } = connection;
  if (protocolName === "raw") return connection as unknown as Connection<Uint8Array>;
  throw new GoerError(
    "GOER_NOT_SUPPORTED",
    `Cannot use the streams of a connection with the protocol ${protocolName}: use the protocol raw`,
  );
}
