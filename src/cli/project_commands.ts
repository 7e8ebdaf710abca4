/**
 * Commands about the apps of a project: `goer start` without a path, or with the name of an app.
 *
 * @module
 */

import { fileExists, joinPath } from "../runtime/files/file_system.ts";
import { currentLaunch, launchWords } from "../runtime/program/launch.ts";
import { resolveWorkers } from "../process_options.ts";
import { spawn } from "../runtime/process/child.ts";
import { writeOutput } from "../runtime/process/output.ts";
import { commandArguments, currentDirectory } from "../runtime/process/process.ts";
import { suggestion } from "../suggestion.ts";
import { environmentFor } from "../supervisor/role.ts";
import type { Arguments } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";
import { APP_NAME, findProject, type Project, type ProjectApp } from "./project.ts";
import { nameOf } from "./target.ts";
import { EXIT_CODES } from "./usage.ts";
import { UsageError } from "./words.ts";

/** Runs a command for one app. */
type Run = (read: Arguments) => number | Promise<number>;

/**
 * Runs a command for the app of the project that it names, for all apps if it names none, or, without a
 * project, as it is.
 *
 * @returns The exit code: of several, the first that is not 0.
 */
export async function runInProject(read: Arguments, run: Run): Promise<number> {
  const { command, operand, name, runtimeDirectory } = read;
  const selected = operand === undefined && (name ?? runtimeDirectory) !== undefined;
  if (COMMANDS[command].operand !== "app" || selected && command !== "start") {
    return await run(read);
  }
  const project = await findProject(currentDirectory());
  if (project === undefined) return await run(read);
  const names = operand === undefined ? [...project.apps.keys()] : namesOf(operand, project);
  if (names.length === 0) {
    refuseMisspelt(operand ?? "", project);
    return await run(read);
  }
  if (names.length === 1) return await run(configured(read, project, names[0]));
  refuseSeveral(read, names);
  let first: number = EXIT_CODES.done;
  for (const one of names) {
    if (!read.json) writeOutput(`${one}:\n`);
    const code = command === "start"
      ? await startOne(read.command, one)
      : await run(configured(read, project, one));
    first ||= code;
  }
  return first;
}

/** The apps with this name or module. */
function namesOf(operand: string, { apps }: Project): string[] {
  if (operand !== "" && apps.has(operand)) return [operand];
  const module = joinPath(currentDirectory(), operand);
  const found = [...apps].filter(([, { app }]) => joinPath(currentDirectory(), app) === module);
  return found.length > 1 ? [] : found.map(([name]) => name);
}

/** A word that could be a name, and is no file, is more likely a wrong name than a wrong path. */
function refuseMisspelt(operand: string, { apps, file }: Project): void {
  const names = [...apps.keys()].filter((name) => name !== "");
  if (names.length === 0 || !APP_NAME.test(operand)) return;
  if (fileExists(joinPath(currentDirectory(), operand))) return;
  throw new UsageError(
    `Cannot find an app "${operand}": ${file} describes ${names.join(", ")}${
      suggestion(operand, names)
    }`,
  );
}

/** Some commands do not end by themselves, or are about one app. */
function refuseSeveral(read: Arguments, names: string[]): void {
  const { command, daemon, follow, watch, output, name, runtimeDirectory } = read;
  const one = `this project has several: ${names.join(", ")}. Name one, as in goer ${command} ${
    names[0]
  }`;
  if (command === "start" && !daemon) {
    throw new UsageError(`Cannot start all apps in the foreground: ${one}, or use --daemon`);
  }
  if (follow || watch && command !== "start" || ["compile", "top"].includes(command) || output) {
    throw new UsageError(`Cannot ${command} all apps at once: ${one}`);
  }
  if (name ?? runtimeDirectory) {
    throw new UsageError(`Cannot use --name or --runtime-dir for all apps: ${one}`);
  }
}

/** A command line with the options of an app. Its own ones win. */
export function configured(read: Arguments, { apps }: Project, name: string): Arguments {
  const app = apps.get(name)!;
  const { workers, listen, env = {}, envFile = [], args = [], admin, logFile } = app;
  const isPlaced = Object.values(read.place).some((one) => one !== undefined);
  return {
    ...read,
    operand: app.app,
    workers: read.workers ?? (workers === undefined ? undefined : resolveWorkers(workers)),
    place: isPlaced ? read.place : { listen },
    env,
    envFiles: read.envFiles.length > 0 ? read.envFiles : [envFile].flat(),
    appArguments: read.appArguments.length > 0 ? read.appArguments : args,
    admin: read.admin ?? admin,
    logFile: read.logFile ?? logFile,
    name: read.name ?? (read.runtimeDirectory ? undefined : nameFor(app, name, apps)),
  };
}

/** Apps with the same module need different names. Others can also be found by their path. */
function nameFor({ app }: ProjectApp, name: string, apps: Project["apps"]): string | undefined {
  const same = [...apps.values()].filter((other) => other.app === app);
  return same.length > 1 ? nameOf(joinPath(currentDirectory(), name)) : undefined;
}

/** Starts an app in the background, in a process of its own. */
async function startOne(command: string, name: string): Promise<number> {
  const words = commandArguments();
  words.splice(words.indexOf(command) + 1, 0, name);
  const child = spawn(launchWords(currentLaunch(), words), {
    environment: environmentFor({ role: "none" }),
  });
  const { code = EXIT_CODES.failed } = await child.exited;
  return code;
}
