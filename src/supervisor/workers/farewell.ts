/**
 * Tells while workers finish their connections how many are left, and how long that may take.
 *
 * @module
 */

import type { WorkerStatistics } from "../ipc/messages.ts";

/** How often to tell, in ms. */
const INTERVAL = 1000;

/** What a {@linkcode Farewell} needs. */
export interface FarewellOptions {
  /** How long the workers may take, in ms. */
  timeout: number;
  /** The statistics of the workers. */
  statistics(): Promise<ReadonlyMap<number, WorkerStatistics>>;
  /** Receives a sentence for people. */
  tell(text: string): void;
}

/** Tells what a stop waits for, until the process ends or it is cancelled. */
export class Farewell {
  readonly #options: FarewellOptions;
  readonly #startedAt = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: FarewellOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), INTERVAL);
  }

  /** Tells nothing any more. */
  cancel(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { timeout, statistics, tell } = this.#options;
    const reports = [...(await statistics()).values()];
    const count = reports.reduce((sum, { connections }) => sum + connections, 0);
    const left = Math.ceil((timeout - (performance.now() - this.#startedAt)) / 1000);
    if (count > 0 && left > 0) tell(leftText(count, left));
  }
}

function leftText(connections: number, seconds: number): string {
  const what = connections === 1 ? "1 connection" : `${connections} connections`;
  return `${what} left, up to ${seconds} s`;
}
