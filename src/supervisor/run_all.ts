/**
 * What a process that has loaded an app does next, by its role.
 *
 * @module
 */

import { type AnyGoer, exportsOf, RUN_ALL, servicesOf } from "../app.ts";
import { GoerError } from "../errors.ts";
import { Log } from "../log.ts";
import { hasCode, isUrl, pathToFileURL } from "../runtime/files.ts";
import { takeOverConsole } from "../runtime/console.ts";
import { currentLaunch, withholdRights } from "../runtime/launch.ts";
import { printableLines } from "../printable.ts";
import { isUnlocated } from "../runtime/errors.ts";
import { exit } from "../runtime/process.ts";
import { startInfo } from "../start_info.ts";
import { describeError } from "./describe_error.ts";
import { describeApp } from "./describe.ts";
import { LogRelay } from "./log_relay.ts";
import { currentRole } from "./role.ts";
import { SupervisorLink } from "./supervisor_link.ts";
import { Worker } from "./worker.ts";

/** True once the app has called `runAll`: its default export is then ignored. */
let called = false;

/** Serves in a worker; in a process that the user started, runs the command of its arguments. */
export async function runServices(services: readonly unknown[]): Promise<void> {
  if (called) {
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      "Cannot call runAll twice: pass all services to one call, as in runAll(first, second)",
    );
  }
  called = true;
  const role = currentRole();
  if (role === "describe" || role === "worker") {
    return await serve(role, () => servicesOf(services, RUN_ALL));
  }
  const { runCommand } = await import("../cli/main.ts");
  const { module, executable } = currentLaunch();
  await runCommand({ app: module || executable, entry: true });
}

/**
 * Loads the app, in a process that the `goer` command is the main module of, and serves it.
 *
 * @param app The app's module.
 * @param load Loads it, where it is part of this program.
 */
export async function runLoaded(app: string, load?: () => Promise<object>): Promise<void> {
  const role = currentRole() as "describe" | "worker";
  await withholdRights(startInfo().allow ?? []);
  let exported: unknown;
  try {
    const url = isUrl(app) ? app : pathToFileURL(app).href;
    const module: { default?: unknown } = await (load?.() ?? import(url));
    exported = module.default;
  } catch (cause) {
    if (isUnlocated(cause)) throw cause; // The runtime says where the text is wrong.
    return await fail(new GoerError("GOER_APP", `Cannot load ${app}: ${explainLoad(cause)}`));
  }
  if (!called) await serve(role, () => servicesOf(exported, exportsOf(app)));
}

function explainLoad(cause: unknown): string {
  return hasCode(cause, "ERR_UNKNOWN_FILE_EXTENSION")
    ? "this runtime reads no TypeScript: Deno, Bun, and Node from 22.18 do"
    : describeError(cause);
}

async function serve(role: "describe" | "worker", list: () => AnyGoer[]): Promise<void> {
  let services: AnyGoer[];
  try {
    services = list();
  } catch (error) {
    return await fail(error);
  }
  return role === "describe" ? await describe(services) : await work(services);
}

async function describe(services: AnyGoer[]): Promise<void> {
  const link = openForOnce();
  link.send({ type: "described", app: describeApp(services) });
  return await leave(link, 0);
}

async function work(services: AnyGoer[]): Promise<void> {
  try {
    const assignment = startInfo().worker!;
    const origin = `worker ${assignment.id}`;
    const relay = new LogRelay(origin, startInfo().log);
    const log = new Log(origin, relay);
    takeOverConsole((level, text) => log.write(level, text));
    await new Worker(assignment, services, log, relay).run();
  } catch (error) {
    return await fail(error);
  }
}

/** Tells the supervisor why this process is of no use, and ends it. */
async function fail(error: unknown): Promise<void> {
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

/** How long last words may take, in ms. */
const FAREWELL_TIME = 20;

async function leave(link: SupervisorLink, code: number): Promise<never> {
  link.end();
  await new Promise((resolve) => setTimeout(resolve, FAREWELL_TIME));
  return exit(code);
}
