/**
 * A worker's end of the control socket.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { hasCode } from "../runtime/files.ts";
import { parentProcessId, processId } from "../runtime/process.ts";
import { startInfo } from "../start_info.ts";
import { Channel } from "./channel.ts";
import type { WorkerMessage, WorkerOrder } from "./messages.ts";

/** How long a supervisor may be away while another image or process takes over, in ms. */
const ABSENCE_TIMEOUT = 15_000;

const RETRY_DELAY = 50;

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
  /** There is no supervisor any more. */
  onOrphaned(): void;
}

/** The connection to the supervisor; it is made anew when another image of it takes over. */
export class SupervisorLink {
  readonly #path: string;
  readonly #worker: number;
  readonly #handlers: SupervisorLinkHandlers;
  readonly #parent = parentProcessId();
  #channel: Channel<WorkerOrder> | undefined;
  #supervisorMoves = false;
  #ended = false;

  private constructor(path: string, worker: number, handlers: SupervisorLinkHandlers) {
    this.#path = path;
    this.#worker = worker;
    this.#handlers = handlers;
  }

  /**
   * Connects to the supervisor that has started this process.
   *
   * @param worker The worker's id; 0 for a process that describes the app.
   */
  static async connect(
    worker: number,
    handlers: SupervisorLinkHandlers,
  ): Promise<SupervisorLink> {
    const { control: path } = startInfo();
    if (path === undefined) {
      throw new GoerError("GOER_SUPERVISOR", "Cannot find the supervisor: nobody said where it is");
    }
    const link = new SupervisorLink(path, worker, handlers);
    await link.#connectPatiently();
    return link;
  }

  /** Says something to the supervisor. */
  send(message: WorkerMessage): void {
    this.#channel?.send(message);
  }

  /** Sends bytes for other workers. */
  sendBytes(bytes: Uint8Array): void {
    this.#channel?.sendBytes(bytes);
  }

  /** Sends what waits, and needs the supervisor no longer. */
  end(): void {
    this.#ended = true;
    this.#channel?.end();
  }

  /** Where many workers come at once, the supervisor's queue may be full. */
  async #connectPatiently(): Promise<void> {
    const end = performance.now() + ABSENCE_TIMEOUT;
    while (true) {
      try {
        return await this.#connect();
      } catch (error) {
        if (!hasCode(error, "EAGAIN") || performance.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
      }
    }
  }

  async #connect(): Promise<void> {
    this.#channel = await Channel.connect<WorkerOrder>(this.#path, {
      onMessage: (order) => this.#receive(order),
      onBytes: (bytes) => this.#handlers.onBytes?.(bytes),
      onClose: () => void this.#closed(),
    });
    this.#channel.send({ type: "hello", worker: this.#worker, pid: processId() });
  }

  #receive(order: WorkerOrder): void {
    if (order.type === "resumed") {
      this.#supervisorMoves = false;
      return this.#handlers.onBack?.();
    }
    if (order.type !== "supervisor-moves") return this.#handlers.onOrder(order);
    this.#supervisorMoves = true;
    this.#handlers.onAway?.();
    this.send({ type: "waits" });
  }

  async #closed(): Promise<void> {
    this.#channel = undefined;
    if (!this.#supervisorMoves && !this.#ended) this.#handlers.onAway?.();
    const end = performance.now() + ABSENCE_TIMEOUT;
    while (!this.#ended && performance.now() < end) {
      // A process that dies closes its sockets first, and only then stops being the parent: asked at
      // once, it would seem to be there, and its listener may live on in a sibling that inherited it.
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
      if (!this.#mayReturn()) break;
      try {
        await this.#connect();
        this.#supervisorMoves = false;
        this.#handlers.onReturn?.();
        return this.send({ type: "returned" });
      } catch {
        // Not yet.
      }
    }
    if (!this.#ended) this.#handlers.onOrphaned();
  }

  /** It said so, or its process is still there: then it executes a new image. */
  #mayReturn(): boolean {
    return this.#supervisorMoves || parentProcessId() === this.#parent;
  }
}
