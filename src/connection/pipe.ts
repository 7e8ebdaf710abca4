/**
 * Forwards one connection's messages to another.
 *
 * @module
 */

import { typeName } from "../bytes/outgoing.ts";
import { GoerError } from "../errors.ts";
import { hasMethods } from "../option_types.ts";
import type { Connection } from "../protocol/connection.ts";
import * as hold from "./hold.ts";
import type { MessageReceiver } from "./message_receiver.ts";

/** Where the messages of a connection go instead of to `onMessage`. */
export interface Outlet {
  /** True if it takes a message now. Otherwise no message is read until it does. */
  admits(): boolean;
  /** Takes a message, which is valid during the call only. */
  send(message: unknown): void;
  /** The peer has ended its side. Returns true if the connection stays open for its answers. */
  ended(): boolean;
  /** The connection has ended. */
  close(error?: Error): void;
  /** True if it leads to the connection with this id. */
  leadsTo(id: number): boolean;
}

/** What a stream connection tells a pipe that leads to it. A datagram connection is never full. */
interface StreamEnd {
  readonly full: boolean;
  onceDrained(listener: () => void): void;
  leadsTo(id: number): boolean;
}

/**
 * Refuses what is not a connection.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is none.
 */
export function checkPipe(to: unknown): void {
  if (hasMethods(to, "send", "close", "end")) return;
  const message = `Cannot pipe a connection to ${typeName(to)}: give a connection`;
  throw new GoerError("GOER_INVALID_ARGUMENT", message);
}

/** Forwards the messages of a connection, no faster than the other end takes them. */
export class Pipe<Message> implements Outlet {
  readonly #to: Connection<Message> & Partial<StreamEnd>;
  readonly #from: Pick<Connection, "close" | "id">;
  readonly #receiver: Pick<MessageReceiver<unknown>, "hold" | "release">;

  constructor(
    to: Connection<Message>,
    from: Pick<Connection, "close" | "id">,
    receiver: Pick<MessageReceiver<unknown>, "hold" | "release">,
  ) {
    checkPipe(to);
    this.#to = to;
    this.#from = from;
    this.#receiver = receiver;
  }

  admits(): boolean {
    if (!this.#to.open) this.#from.close();
    else if (this.#to.full !== true) return true;
    else {
      this.#receiver.hold(hold.PIPE);
      this.#to.onceDrained!(() => this.#receiver.release(hold.PIPE));
    }
    return false;
  }

  send(message: unknown): void {
    this.#to.send(message as Message);
  }

  /** If the other end is piped back, its answer to the last message may still arrive. */
  ended(): boolean {
    if (this.#to.leadsTo?.(this.#from.id) !== true) return false;
    this.#to.end();
    return true;
  }

  close(): void {
    this.#to.close();
  }

  leadsTo(id: number): boolean {
    return this.#to.id === id;
  }
}
