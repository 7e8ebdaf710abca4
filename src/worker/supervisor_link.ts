/**
 * A worker's end of its connection to the supervisor: a descriptor that it was started with, so that it
 * depends on no path, and nobody else can have it.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { within } from "../runtime/process/native_timer.ts";
import { openLocal, type UnreadSocket } from "../runtime/sockets/local_socket.ts";
import { startInfo } from "../start_info.ts";
import { Channel } from "../supervisor/ipc/channel.ts";
import { WORKER_ORDER } from "../supervisor/ipc/message_shapes.ts";
import type { LoaderMessage, WorkerMessage, WorkerOrder } from "../supervisor/ipc/messages.ts";

/** How long a supervisor that does not read may hold up a process that ends, in ms. */
const LAST_WORDS_TIMEOUT = 1000;

/** What becomes of a {@linkcode SupervisorLink}. */
export interface SupervisorLinkHandlers {
  onOrder(order: WorkerOrder): void;
  /** Bytes of other workers. */
  onBytes?(bytes: Uint8Array): void;
  /** The supervisor is being replaced: what is sent now is lost. */
  onAway?(): void;
  /** There is a supervisor again, which knows nothing of what this worker wants to hear. */
  onReturn?(): void;
  /** All other workers are back, too. */
  onBack?(): void;
  /** What came could not be handled. */
  onFault?(reason: string): void;
  /** There is no supervisor any more. */
  onOrphaned(): void;
}

/** The connection to the supervisor; it lasts while one image of that takes over from another. */
export class SupervisorLink {
  readonly #handlers: SupervisorLinkHandlers;
  readonly #channel: Channel<WorkerOrder>;
  #ended = false;

  constructor(socket: UnreadSocket, handlers: SupervisorLinkHandlers) {
    this.#handlers = handlers;
    this.#channel = Channel.open<WorkerOrder>(socket, {
      accepts: WORKER_ORDER,
      onMessage: (order) => this.#receive(order),
      onBytes: (bytes) => this.#handlers.onBytes?.(bytes),
      onFault: (reason) => this.#handlers.onFault?.(reason),
      onClose: () => this.#closed(),
    });
  }

  /**
   * Takes up the connection that this process was started with: once.
   *
   * @throws {GoerError} `GOER_SUPERVISOR` if it was started with none.
   */
  static open(handlers: SupervisorLinkHandlers): SupervisorLink {
    const info = startInfo();
    const { channel } = info;
    if (channel === undefined) {
      throw new GoerError(
        "GOER_SUPERVISOR",
        "Cannot reach the supervisor: this process was started without a connection to it",
      );
    }
    delete info.channel;
    return new SupervisorLink(openLocal(channel), handlers);
  }

  /** Says something to the supervisor. */
  send(message: WorkerMessage | LoaderMessage): void {
    this.#channel.send(message);
  }

  /** Sends bytes for other workers. */
  sendBytes(bytes: Uint8Array): void {
    this.#channel.sendBytes(bytes);
  }

  /** Sends log lines. @param done Hears when the system has taken them, or will not. */
  sendOutput(bytes: Uint8Array, done: (ok: boolean) => void): void {
    this.#channel.sendOutput(bytes, done);
  }

  /**
   * Sends what waits, and needs the supervisor no longer.
   *
   * @returns Resolves when all has left, or after a second: the supervisor may hang.
   */
  async end(): Promise<void> {
    this.#ended = true;
    await within(LAST_WORDS_TIMEOUT, this.#channel.end());
  }

  #receive(order: WorkerOrder): void {
    switch (order.type) {
      case "supervisor-moves":
        this.#handlers.onAway?.();
        return this.send({ type: "waits" });
      case "supervisor-returns":
        this.#handlers.onReturn?.();
        return this.send({ type: "returned" });
      case "resumed":
        return this.#handlers.onBack?.();
      default:
        return this.#handlers.onOrder(order);
    }
  }

  #closed(): void {
    if (this.#ended) return;
    this.#handlers.onAway?.();
    this.#handlers.onOrphaned();
  }
}
