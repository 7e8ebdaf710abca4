/**
 * Forwards one connection's messages to another.
 *
 * @module
 */

import type { Connection } from "../protocol/connection.ts";
import * as hold from "./hold.ts";
import type { MessageReceiver } from "./message_receiver.ts";

/** What a stream connection tells a pipe that leads to it. A datagram connection is never full. */
interface StreamEnd {
  readonly full: boolean;
  onceDrained(listener: () => void): void;
}

/** Forwards the messages of a connection, no faster than the other end takes them. */
export class Pipe<Message> {
  readonly #to: Connection<Message> & Partial<StreamEnd>;
  readonly #from: Pick<Connection, "close">;
  readonly #receiver: Pick<MessageReceiver<unknown>, "hold" | "release">;

  constructor(
    to: Connection<Message>,
    from: Pick<Connection, "close">,
    receiver: Pick<MessageReceiver<unknown>, "hold" | "release">,
  ) {
    this.#to = to;
    this.#from = from;
    this.#receiver = receiver;
  }

  /** True if the other end takes a message now. Otherwise no message is read until it does. */
  admits(): boolean {
    if (!this.#to.open) this.#from.close();
    else if (this.#to.full !== true) return true;
    else {
      this.#receiver.hold(hold.PIPE);
      this.#to.onceDrained!(() => this.#receiver.release(hold.PIPE));
    }
    return false;
  }

  /** Forwards a message. */
  send(message: Message): void {
    this.#to.send(message);
  }

  /** Closes the other end. */
  close(): void {
    this.#to.close();
  }
}
