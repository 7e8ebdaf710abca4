/**
 * Requests of clients and losses: each loss must be explained by a step of the walk.
 *
 * @module
 */

import { isAlive } from "../processes.ts";
import { eventually } from "./waiting.ts";

/** How long after the end of a worker its peers may notice it, in ms. */
const HEARSAY = 100;

/** A request without a complete response. */
export interface Loss {
  /** The client, and what happened to it. */
  readonly what: string;
  /** The worker that responded earlier on the same connection. */
  readonly pid?: number;
  /**
   * True if a draining worker may end this connection: it lasts longer than a drain, or is idle.
   */
  readonly mayEnd: boolean;
  readonly from: number;
  readonly to: number;
}

/** A period, which may still last. */
interface Period {
  readonly from: number;
  to: number;
}

/** Keeps the records of a walk. */
export class Ledger {
  requests = 0;
  /** How many losses were explained. */
  explained = 0;
  readonly #kills = new Map<number, Period>();
  readonly #outages: Period[] = [];
  #losses: Loss[] = [];

  /** Kills a worker. Its accepted connections are lost. */
  async kill(pid: number): Promise<void> {
    const period = { from: performance.now(), to: Infinity };
    this.#kills.set(pid, period);
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await eventually(`the end of process ${pid}`, () => !isAlive(pid));
    period.to = performance.now() + HEARSAY;
  }

  /** Runs a step during which the service is unavailable by design. */
  async outage<T>(body: () => Promise<T>): Promise<T> {
    const period = { from: performance.now(), to: Infinity };
    this.#outages.push(period);
    try {
      return await body();
    } finally {
      period.to = performance.now() + HEARSAY;
    }
  }

  /** A request has no response. */
  lose(loss: Loss): void {
    this.#losses.push(loss);
  }

  /**
   * Judges the losses since the last call.
   *
   * @param serving The workers that serve now.
   * @returns The unexplained losses.
   */
  judge(serving: readonly number[]): Loss[] {
    const losses = this.#losses;
    this.#losses = [];
    const unexplained = losses.filter((loss) => !this.#isExplained(loss, serving));
    this.explained += losses.length - unexplained.length;
    return unexplained;
  }

  #isExplained(loss: Loss, serving: readonly number[]): boolean {
    if (this.#outages.some((outage) => overlap(outage, loss))) return true;
    if (loss.pid === undefined) {
      return [...this.#kills.values()].some((kill) => overlap(kill, loss));
    }
    if (this.#kills.has(loss.pid)) return true;
    return loss.mayEnd && !serving.includes(loss.pid);
  }
}

function overlap(one: Period, other: Pick<Loss, "from" | "to">): boolean {
  return one.from <= other.to && other.from <= one.to;
}
