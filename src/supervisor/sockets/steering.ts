/**
 * Steers new connections between the sockets of an address: the one that all workers inherit, and
 * those that workers open themselves, which they serve faster.
 *
 * While all workers that hold a socket of their own respond, new connections go to these sockets.
 * While one is about to open or close its socket, or does not respond, they go to the inherited
 * one, so that none waits for a worker that is not there.
 *
 * @module
 */

import type { WorkerRecord } from "../machine/events.ts";
import type { WorkerProcess } from "../workers/worker_process.ts";
import type { SocketTable } from "./socket_table.ts";

/** How long a worker may be silent before it gets no new connections, in ms. It reports every 500. */
const ALIVE_TIMEOUT = 1500;

/** How often silent workers are looked for, in ms. */
const LOOK_INTERVAL = 500;

/** What steering depends on. */
export interface SteeringSources {
  /** The workers of the state machine. */
  records(): readonly WorkerRecord[];
  /** Their processes, by id. */
  workers: ReadonlyMap<number, WorkerProcess>;
  /** The sockets of the app. */
  sockets(): SocketTable | undefined;
}

/** Steers the connections of an app. */
export class Steering {
  readonly #sources: SteeringSources;
  #looking = false;

  constructor(sources: SteeringSources) {
    this.#sources = sources;
  }

  /** Something has changed: decides again. */
  update(): void {
    const table = this.#sources.sockets();
    for (const key of table?.steered ?? []) {
      table?.steer(key, this.#othersOf(key));
      this.#look();
    }
  }

  /** How many sockets share the connections; 0 leaves them to the inherited one. */
  #othersOf(key: string): number {
    const { records, workers } = this.#sources;
    const holders = records().filter(({ id, state }) => {
      const worker = workers.get(id);
      const mayHold = state === "opening" || state === "ready" || state === "draining";
      return mayHold && worker?.ownSockets.has(key) && !worker.released;
    });
    const settled = holders.every(({ id, state }) =>
      state === "ready" && workers.get(id)!.responds(ALIVE_TIMEOUT)
    );
    return settled ? holders.length : 0;
  }

  /** No event tells that a worker hangs. */
  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    setInterval(() => this.update(), LOOK_INTERVAL);
  }
}
