/**
 * What a process with a loaded app does for its supervisor, depending on its role.
 *
 * @module
 */

import { faultLog } from "../calls.ts";
import { measuring } from "../histogram.ts";
import { Log, useLogFormat } from "../log.ts";
import { formatValues, takeOverConsole } from "../runtime/process/console.ts";
import { printableLines } from "../printable.ts";
import { exit } from "../runtime/process/process.ts";
import { startInfo } from "../start_info.ts";
import { describeError } from "../supervisor/ipc/describe_error.ts";
import { appManifest } from "./app_manifest.ts";
import { LogRelay } from "./log_relay.ts";
import type { AppService } from "./served_service.ts";
import { SupervisorLink } from "./supervisor_link.ts";
import { Worker } from "./worker.ts";

/** True once this process reports or serves the app. */
let serving = false;

/** Tells whether this process reports or serves the app. */
export function isServing(): boolean {
  return serving;
}

/**
 * Reports or serves the app.
 *
 * @param role Which of the two.
 * @param list Returns the services. If it throws, loading the app has failed.
 */
export async function serveApp(
  role: "load" | "worker",
  list: () => AppService[],
): Promise<void> {
  serving = true;
  let services: AppService[];
  try {
    services = list();
  } catch (error) {
    return await failApp(error);
  }
  return role === "load" ? await report(services) : await work(services);
}

async function report(services: AppService[]): Promise<void> {
  const link = openForOnce();
  link.send({ type: "loaded", app: appManifest(services) });
  return await leave(link, 0);
}

async function work(services: AppService[]): Promise<void> {
  try {
    const { worker, log: path, relays = false, logFormat = "text", measures = false } = startInfo();
    useLogFormat(logFormat);
    const assignment = worker!;
    measuring.handlers = measures || services.some(({ options }) => options.admin !== undefined);
    const origin = { worker: assignment.id };
    const relay = new LogRelay(origin, { path, relays });
    const log = new Log(origin, relay);
    if (logFormat === "json") logJson(log);
    else takeOverConsole((level, values) => log.write(level, formatValues(values)));
    await new Worker(assignment, services, log, relay).run();
  } catch (error) {
    return await failApp(error);
  }
}

/** In JSON, errors have fields of their own. */
function logJson(log: Log): void {
  faultLog.write = ({ level, message, ...details }) => log.write(level, message, details);
  takeOverConsole((level, values) => {
    const error = values.find((value) => value instanceof Error);
    const shown = values.map((value) => value instanceof Error ? value.message : value);
    log.write(level, formatValues(shown), { error });
  });
}

/** Reports to the supervisor why this process has failed, and ends it. */
export async function failApp(error: unknown): Promise<void> {
  let link: SupervisorLink;
  try {
    link = openForOnce();
  } catch {
    console.error(printableLines(describeError(error)));
    return exit(1);
  }
  link.send({ type: "failed", reason: describeError(error) });
  return await leave(link, 1);
}

function openForOnce(): SupervisorLink {
  return SupervisorLink.open({ onOrder: () => {}, onOrphaned: () => exit(1) });
}

async function leave(link: SupervisorLink, code: number): Promise<never> {
  await link.end();
  return exit(code);
}
