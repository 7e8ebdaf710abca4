/**
 * Says once a second what a long operation waits for: new workers that start, or connections that
 * finish.
 *
 * @module
 */

import type { WorkerStatistics } from "../ipc/messages.ts";
import type { WorkerRecord } from "../machine/events.ts";

/** How often to look, in ms. */
const INTERVAL = 1000;

/** What a {@linkcode LiveProgress} needs. */
export interface LiveProgressOptions {
  /** Knows all workers. */
  machine: { readonly workers: readonly WorkerRecord[] };
  /** Knows their statistics, by id. */
  pool: { statistics(): Promise<ReadonlyMap<number, WorkerStatistics>> };
  /** True if somebody sees what it says. Otherwise it does not ask the workers. */
  isSeen(): boolean;
  /**
   * Receives a sentence, which replaces the previous one. `""` if there is nothing to wait for.
   *
   * @param stops True if the app stops.
   */
  show(text: string, stops: boolean): void;
}

/** Says what an operation waits for. */
export class LiveProgress {
  readonly #options: LiveProgressOptions;
  /** What it says at the next look; undefined if it does not look. */
  #look: (() => string | Promise<string>) | undefined;
  #stops = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LiveProgressOptions) {
    this.#options = options;
  }

  /** A step has begun, such as `starting 4 workers`. */
  step(text: string): void {
    if (this.#stops) return;
    const startedAt = performance.now();
    this.#watch(() => `${text}${this.#started()}, ${secondsSince(startedAt)} s`);
  }

  /** The app serves. Old workers may still have connections. */
  serving(): void {
    this.#stops = false;
    if (this.#draining().length === 0) return this.end();
    this.#watch(async () => {
      const left = this.#draining();
      if (left.length === 0) this.end();
      return left.length === 0 ? "" : leftText(await this.#connectionsOf(left), " on old workers");
    });
  }

  /** The app stops. @param timeout How long it may take, in ms. */
  stopping(timeout: number): void {
    this.#stops = true;
    const startedAt = performance.now();
    this.#watch(async () => {
      const seconds = Math.ceil((timeout - (performance.now() - startedAt)) / 1000);
      if (seconds <= 0) return "";
      return leftText(
        await this.#connectionsOf(this.#options.machine.workers),
        `, up to ${seconds} s`,
      );
    });
  }

  /** There is nothing more to say. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#look !== undefined) this.#options.show("", this.#stops);
    this.#look = undefined;
  }

  #watch(look: () => string | Promise<string>): void {
    this.end();
    this.#look = look;
    this.#timer = setInterval(async () => {
      const text = await look();
      // Something else may have begun meanwhile.
      if (this.#look === look) this.#options.show(text, this.#stops);
    }, INTERVAL);
  }

  /** How many of the newest workers have started, if there are several. */
  #started(): string {
    const workers = this.#options.machine.workers;
    const newest = Math.max(...workers.map(({ generation }) => generation));
    const all = workers.filter(({ generation, state }) =>
      generation === newest && state !== "draining"
    );
    const waiting = all.filter(({ state }) => state === "starting" || state === "opening").length;
    return waiting === 0 || all.length === 1 ? "" : `: ${all.length - waiting} ready`;
  }

  #draining(): WorkerRecord[] {
    return this.#options.machine.workers.filter(({ state }) => state === "draining");
  }

  async #connectionsOf(workers: readonly WorkerRecord[]): Promise<number> {
    if (!this.#options.isSeen()) return 0;
    const statistics = await this.#options.pool.statistics();
    return workers.reduce((sum, { id }) => sum + (statistics.get(id)?.connections ?? 0), 0);
  }
}

function secondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 1000);
}

function leftText(connections: number, more: string): string {
  if (connections === 0) return "";
  const what = connections === 1 ? "1 connection" : `${connections} connections`;
  return `${what} left${more}`;
}
