/**
 * What clients have asked, and what was lost: each loss has to be explained by what the walk did.
 *
 * @module
 */

import { isAlive } from "../processes.ts";
import { eventually } from "./waiting.ts";

/** How long after a worker was seen to be gone its peers may hear of it, in ms. */
const HEARSAY = 100;

/** A request without a whole answer. */
export interface Loss {
  /** Which client, and what happened to it. */
  readonly what: string;
  /** The worker that had answered on the same connection before. */
  readonly pid?: number;
  /** A worker that leaves may end this connection: it lasts for longer than a drain, or is idle. */
  readonly mayEnd: boolean;
  readonly from: number;
  readonly to: number;
}

/** A time, which may last still. */
interface Period {
  readonly from: number;
  to: number;
}

/** Keeps the accounts of a walk. */
export class Ledger {
  requests = 0;
  /** How many losses were explained. */
  explained = 0;
  readonly #kills = new Map<number, Period>();
  readonly #outages: Period[] = [];
  #losses: Loss[] = [];

  /** Kills a worker. What it had accepted is lost. */
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

  /** Runs what the service is down for by its nature. */
  async outage<T>(body: () => Promise<T>): Promise<T> {
    const period = { from: performance.now(), to: Infinity };
    this.#outages.push(period);
    try {
      return await body();
    } finally {
      period.to = performance.now() + HEARSAY;
    }
  }

  /** A request has no answer. */
  lose(loss: Loss): void {
    this.#losses.push(loss);
  }

  /**
   * Judges what was lost since the last time.
   *
   * @param serving The workers that serve now.
   * @returns The losses that nothing explains.
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
