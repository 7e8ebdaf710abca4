/**
 * Reports the state of the service to a service manager: the protocol of `sd_notify(3)`.
 *
 * @module
 */

import { nativeDelay } from "../../numbers.ts";
import type { Descriptors } from "../../runtime/descriptors.ts";
import { spawn } from "../../runtime/process/child.ts";
import { environmentVariable } from "../../runtime/process/environment.ts";
import { environment, processId } from "../../runtime/process/process.ts";
import { systemUptime } from "../../runtime/process/resource_usage.ts";

/** How much the system's uptime may be rounded down, in µs. */
const CLOCK_RESOLUTION = 10_000;

/** The connection to a service manager. Without one, nothing happens. */
export class ServiceManager {
  readonly #path: string;
  readonly #descriptors: Descriptors | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;

  constructor(descriptors?: Descriptors) {
    this.#descriptors = descriptors;
    this.#path = environmentVariable("NOTIFY_SOCKET") ?? "";
    // If the permission for this is missing, the start fails, and not the first reload.
    if (this.#path !== "") systemUptime();
  }

  /** Sends assignments such as `READY=1`. */
  notify(...assignments: string[]): void {
    if (this.#path === "") return;
    if (this.#descriptors?.sendLocalDatagram(this.#path, assignments.join("\n"))) return;
    // Runtimes without datagrams on Unix sockets use systemd's own command.
    spawn(["systemd-notify", `--pid=${processId()}`, ...assignments], {
      environment: environment(),
      output: "ignore",
    });
  }

  /** The service is ready, and `pid` is its main process. */
  ready(): void {
    this.notify("READY=1", `MAINPID=${processId()}`, "STATUS=serving");
    this.#startWatchdog();
  }

  /**
   * For `Type=notify-reload`, systemd requires a time: messages from before its signal do not
   * count.
   */
  reloading(): void {
    if (this.#path === "") return;
    const time = systemUptime() + CLOCK_RESOLUTION;
    this.notify("RELOADING=1", `MONOTONIC_USEC=${time}`, "STATUS=reloading");
  }

  /** The service is stopping. */
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

/** The variables that are meant only for the supervisor. */
const MANAGER_VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/** Removes a service manager's variables from the environment for children. */
export function withoutManager(variables: Record<string, string>): Record<string, string> {
  const kept = { ...variables };
  for (const name of MANAGER_VARIABLES) delete kept[name];
  return kept;
}
