/**
 * A worker's side of its connection to the supervisor: an inherited descriptor. It has no path, and
 * no other process can use it.
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

/** How long a process that ends waits for a supervisor that does not read, in ms. */
const LAST_WORDS_TIMEOUT = 1000;

/** The events of a {@linkcode SupervisorLink}. */
export interface SupervisorLinkHandlers {
  onOrder(order: WorkerOrder): void;
  /** Bytes from other workers have arrived. */
  onBytes?(bytes: Uint8Array): void;
  /** The supervisor is being replaced: what is sent now is lost. */
  onAway?(): void;
  /** A new supervisor is there. It does not know this worker's subscriptions. */
  onReturn?(): void;
  /** All other workers are back, too. */
  onBack?(): void;
  /** A message could not be handled. */
  onFault?(reason: string): void;
  /** There is no supervisor any more. */
  onOrphaned(): void;
}

/** The connection to the supervisor. It continues when a new supervisor takes over. */
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
   * Opens the inherited connection of this process, once.
   *
   * @throws {GoerError} `GOER_SUPERVISOR` if it has none.
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

  /** Sends a message to the supervisor. */
  send(message: WorkerMessage | LoaderMessage): void {
    this.#channel.send(message);
  }

  /** Sends bytes for other workers. */
  sendBytes(bytes: Uint8Array): void {
    this.#channel.sendBytes(bytes);
  }

  /** Sends log lines. @param done Called when the system has taken them, or sending has failed. */
  sendOutput(bytes: Uint8Array, done: (ok: boolean) => void): void {
    this.#channel.sendOutput(bytes, done);
  }

  /**
   * Sends queued data, and does not need the supervisor any more.
   *
   * @returns Resolves when everything was sent, or after a second, because the supervisor may hang.
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
