/**
 * Says that the app serves: on a terminal as a screen for a person, otherwise as log lines.
 *
 * @module
 */

import type { Log } from "../../log.ts";
import { processId } from "../../runtime/process/process.ts";
import type { Requesters } from "../ipc/requesters.ts";
import { Farewell, type FarewellOptions } from "../workers/farewell.ts";
import type { ServiceStatus } from "../workers/status.ts";
import { bannerText } from "./banner.ts";
import type { Output } from "./output.ts";

/** What is known of the program. */
export interface ProgramFacts {
  version: string;
  runtime: string;
  /** The app's module, for display. */
  appName: string;
  output: Output;
  log: Log;
  /** The command that reloads the app. */
  reload: string;
}

/** Announces that the app serves. */
export class Announcer {
  readonly #facts: ProgramFacts;
  #greeted = false;
  #farewell: Farewell | undefined;

  constructor(facts: ProgramFacts) {
    this.#facts = facts;
  }

  /** The app serves, for the first time or again. */
  ready(services: readonly ServiceStatus[], workers: number): void {
    const { appName, output, log, ...facts } = this.#facts;
    const greets = output.isInteractive && !this.#greeted;
    this.#greeted = true;
    if (greets) {
      const more = { app: appName, services, workers, pid: processId(), mode: "in the foreground" };
      return output.show(bannerText({ ...facts, ...more }, output.style));
    }
    for (const { name, address } of services) {
      const place = name === address || address === "" ? name : `${name} on ${address}`;
      log.write("info", `serving ${place}`);
    }
  }

  /** The app stops. While it waits for connections, tells how many are left. */
  stopping(
    timeout: number,
    pool: Pick<FarewellOptions, "statistics">,
    requesters: Requesters,
  ): void {
    const { output, log } = this.#facts;
    this.#farewell?.cancel();
    this.#farewell = new Farewell({
      timeout,
      statistics: () => pool.statistics(),
      tell: (text) => {
        requesters.tellAll(text);
        if (output.isInteractive) log.write("info", `${text}; press Ctrl+C again to stop now`);
      },
    });
  }
}
