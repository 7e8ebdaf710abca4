/**
 * Tells a service manager how things stand: the protocol of `sd_notify(3)`.
 *
 * @module
 */

import { nativeDelay } from "../../numbers.ts";
import type { Descriptors } from "../../runtime/descriptors.ts";
import {
  environment,
  environmentVariable,
  processId,
  spawn,
  systemUptime,
} from "../../runtime/process/process.ts";

/** How much the system's uptime may be rounded down, in µs. */
const CLOCK_RESOLUTION = 10_000;

/** Where a service manager listens; nothing happens where there is none. */
export class ServiceManager {
  readonly #path: string;
  readonly #descriptors: Descriptors | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;

  constructor(descriptors?: Descriptors) {
    this.#descriptors = descriptors;
    this.#path = environmentVariable("NOTIFY_SOCKET") ?? "";
    // Where the right to ask for it is missing, the start fails, and not the first reload.
    if (this.#path !== "") systemUptime();
  }

  /** Sends assignments such as `READY=1`. */
  notify(...assignments: string[]): void {
    if (this.#path === "") return;
    if (this.#descriptors?.sendLocalDatagram(this.#path, assignments.join("\n"))) return;
    // A runtime without datagrams on Unix sockets has systemd's own command say it.
    spawn(["systemd-notify", `--pid=${processId()}`, ...assignments], {
      environment: environment(),
      output: "ignore",
    });
  }

  /** The service is up, and `pid` is its main process. */
  ready(): void {
    this.notify("READY=1", `MAINPID=${processId()}`, "STATUS=serving");
    this.#startWatchdog();
  }

  /** For `Type=notify-reload` systemd requires a time: what is older than its signal does not count. */
  reloading(): void {
    if (this.#path === "") return;
    const time = systemUptime() + CLOCK_RESOLUTION;
    this.notify("RELOADING=1", `MONOTONIC_USEC=${time}`, "STATUS=reloading");
  }

  /** The service goes down. */
  stopping(): void {
    clearInterval(this.#watchdog);
    this.notify("STOPPING=1", "STATUS=stopping");
  }

  #startWatchdog(): void {
    const limit = Number(environmentVariable("WATCHDOG_USEC") ?? 0) / 1000;
    if (!(limit > 0) || this.#watchdog !== undefined) return;
    this.#watchdog = setInterval(() => this.notify("WATCHDOG=1"), nativeDelay(limit / 2));
  }
}

/** The variables that are for the supervisor alone. */
const MANAGER_VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/** Takes what a service manager said to this process out of the environment of its children. */
export function withoutManager(variables: Record<string, string>): Record<string, string> {
  const kept = { ...variables };
  for (const name of MANAGER_VARIABLES) delete kept[name];
  return kept;
}
