/**
 * The end of the service: a stop, a restart, or a failed start. All workers leave, and all other
 * requests are refused.
 *
 * @module
 */

import type { Effect, Request } from "./events.ts";
import type { Layout } from "./layout.ts";
import { queued, type QueuedRequest, type RequestQueue } from "./request_queue.ts";
import type { WorkerTable } from "./worker_table.ts";

/** Options of {@linkcode Ending}. */
export interface EndingOptions {
  workers: WorkerTable;
  queue: RequestQueue;
  want: (...effects: Effect[]) => void;
  /** Gives up a rollout or a takeover in progress. Returns the current layout. */
  interrupt: () => Layout | undefined;
}

/** The end of the service, once it has begun. */
export class Ending {
  readonly #options: EndingOptions;
  #phase: "stopping" | "restarting" | "stopped" | undefined;
  /** True if the command should start again. */
  #restarts = false;
  #layout: Layout | undefined;
  /** True while workers still accept connections, so that load balancers move away first. */
  #delays = false;

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  /** The phase of the supervisor; undefined until the end begins. */
  get phase(): "stopping" | "restarting" | "stopped" | undefined {
    return this.#phase;
  }

  /** Handles a request to stop, which has priority over all others. */
  stop(request: Request): void {
    const { queue, want, workers } = this.#options;
    const { requester, now = false } = request;
    if (this.#phase === "stopped") {
      const { requesters } = queued(request);
      return want({ effect: "outcome", requesters, ok: true, text: "stopped" });
    }
    const again = this.#phase !== undefined;
    if (!again || this.#restarts) this.begin(queued(request));
    else queue.add(request);
    // A second signal means immediately. A second command waits, unless it says so, too.
    if (now || (again && requester === undefined)) workers.killAll();
    this.workerLeft();
  }

  /** Makes all workers leave, for a stop or a restart. */
  begin(request: QueuedRequest): void {
    const { queue, want, workers, interrupt } = this.#options;
    if (this.#phase === "restarting") want({ effect: "cancel-execute" });
    this.#phase = "stopping";
    this.#restarts = request.command === "restart";
    for (const other of queue.clear()) this.refuse(other);
    queue.put(request);
    this.#layout = interrupt();
    workers.clearPauses();
    const { drainDelay = 0 } = this.#layout?.app ?? {};
    const doing = this.#restarts ? "restarting" : "stopping";
    const text = drainDelay > 0 && !this.#delays ? `${doing} in ${drainDelay / 1000} s` : doing;
    want({ effect: "announce", state: "stopping" });
    want({ effect: "log", level: "info", text });
    want({ effect: "progress", requesters: request.requesters, text });
    if (this.#delays) return;
    if (drainDelay === 0) return workers.drainForStop(this.#layout);
    this.#delays = true;
    want({ effect: "set-timer", timer: { kind: "delay" }, delay: drainDelay });
  }

  /** Load balancers have had their time to move away: all workers finish. */
  delayIsOver(): void {
    this.#delays = false;
    this.#options.workers.drainForStop(this.#layout);
    this.workerLeft();
  }

  /** Refuses a request of another kind. */
  refuse({ command, requesters }: QueuedRequest): void {
    const doing = this.#restarts ? "restarting" : "stopping";
    const text = `Cannot ${command}: the supervisor is ${doing}`;
    this.#options.want({ effect: "outcome", requesters, ok: false, text });
  }

  /** A worker has left. The last one ends the service. */
  workerLeft(): void {
    const { want, workers } = this.#options;
    if (workers.all.length > 0 || this.#phase !== "stopping") return;
    this.#delays = false;
    want({ effect: "clear-timer", timer: { kind: "delay" } });
    want({ effect: "close" });
    if (this.#restarts) {
      this.#phase = "restarting";
      return want({ effect: "execute", fresh: true });
    }
    want({ effect: "log", level: "info", text: "stopped" });
    this.end(true, "stopped");
  }

  /** This process ends. If nothing is served, the service manager should restart it. */
  end(ok: boolean, text: string, last: Effect = { effect: "exit", code: ok ? 0 : 1 }): void {
    const { queue, want } = this.#options;
    this.#phase = "stopped";
    want({ effect: "release" });
    want({ effect: "outcome", requesters: queue.requesters, ok, text }, last);
  }

  /** The same, because of an error. */
  fail(text: string): void {
    this.#options.want({ effect: "log", level: "error", text });
    this.end(false, text);
  }
}
