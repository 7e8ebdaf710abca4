/**
 * Answers pings of a server.
 *
 * @module
 */

import { copyOf } from "../../src/bytes/outgoing.ts";
import type { SessionContext } from "../../src/protocol/protocol.ts";
import { FIN, PONG, writeFrame } from "./frame.ts";

/** What it uses of the context of a session. */
type Context = Pick<
  SessionContext<unknown, unknown>,
  "connection" | "flush" | "onceDrained" | "out"
>;

/** How many bytes may wait for the server when a pong is queued. */
const MAX_WAITING = 1024 * 1024;

/**
 * Answers the pings of a server. A client reads on while a lot waits for its server, which could send
 * any number of pings. Only the last of them needs an answer (RFC 6455 section 5.5.3).
 */
export class ClientPongs {
  readonly #context: Context;
  /** The last ping that waits for its answer. */
  #ping: Uint8Array | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Answers a ping, perhaps later. Its bytes are valid during the call only. */
  answer(ping: Uint8Array): void {
    const { connection, out } = this.#context;
    if (connection.bufferedBytes < MAX_WAITING) return writeFrame(out, FIN | PONG, ping, true);
    if (this.#ping === undefined) this.#context.onceDrained(() => this.#answerLast());
    this.#ping = copyOf(ping);
  }

  #answerLast(): void {
    const ping = this.#ping!;
    this.#ping = undefined;
    if (!this.#context.connection.open) return;
    this.answer(ping);
    this.#context.flush();
  }
}
