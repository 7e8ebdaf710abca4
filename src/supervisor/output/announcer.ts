/**
 * Says that the app serves: on a terminal as a screen for a person, otherwise as log lines.
 *
 * @module
 */

import type { Log } from "../../log.ts";
import { processId } from "../../runtime/process/process.ts";
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

  /** A stop waits for connections. */
  waiting(text: string): void {
    const { output, log } = this.#facts;
    if (output.isInteractive) log.write("info", `${text}; press Ctrl+C again to stop now`);
  }
}
