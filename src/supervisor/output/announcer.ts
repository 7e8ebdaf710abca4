/**
 * Says that the app serves: on a terminal as a screen for a person, otherwise as log lines.
 *
 * @module
 */

import type { Log } from "../../log.ts";
import { processId } from "../../runtime/process/process.ts";
import type { Requesters } from "../ipc/requesters.ts";
import type { ServiceStatus } from "../workers/status.ts";
import { bannerText } from "./banner.ts";
import { LiveProgress, type LiveProgressOptions } from "./live_progress.ts";
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
  readonly #progress: LiveProgress;

  /** @param requesters Clients that wait for a command: they also get what it waits for. */
  constructor(
    facts: ProgramFacts,
    requesters: Requesters,
    machine: LiveProgressOptions["machine"],
    pool: LiveProgressOptions["pool"],
  ) {
    this.#facts = facts;
    this.#progress = new LiveProgress({
      machine,
      pool,
      isSeen: () => facts.output.isInteractive || requesters.size > 0,
      show: (text, stops) => {
        if (text !== "") requesters.tellAll(text);
        const more = stops && text !== "" ? "; press Ctrl+C again to stop now" : "";
        facts.output.live(text + more);
      },
    });
    requesters.onProgress = (text) => this.#progress.step(text);
  }

  /** The app serves, for the first time or again. */
  ready(services: readonly ServiceStatus[], workers: number): void {
    this.#progress.serving();
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

  /** The app stops. @param timeout How long that may take, in ms. */
  stopping(timeout: number): void {
    this.#progress.stopping(timeout);
  }

  /** The process ends, or another one continues. */
  end(): void {
    this.#progress.end();
  }
}
