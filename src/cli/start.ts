/**
 * `goer start`: becomes the supervisor, or starts it.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { Log, useLogFormat } from "../log.ts";
import { releaseFile } from "../runtime/files/claim.ts";
import { removeFile, resolvePath } from "../runtime/files/file_system.ts";
import {
  commandModule,
  currentLaunch,
  type Launch,
  launchWords,
} from "../runtime/program/launch.ts";
import { runtime } from "../runtime/mod.ts";
import { keepDirectory, spawn } from "../runtime/process/child.ts";
import { writeErrorOutput, writeOutput } from "../runtime/process/output.ts";
import {
  commandArguments,
  currentDirectory,
  environment,
  exit,
  parentProcessId,
} from "../runtime/process/process.ts";
import { mayRead } from "../runtime/process/environment.ts";
import { isAlive } from "../runtime/process/signals.ts";
import { parseShaped } from "../shapes.ts";
import { startInfo } from "../start_info.ts";
import { describeFailure } from "../supervisor/ipc/describe_error.ts";
import { takeSavedState } from "../supervisor/upgrade/saved_state.ts";
import { COMMAND_REPLY } from "../supervisor/ipc/message_shapes.ts";
import type { CommandReply } from "../supervisor/ipc/messages.ts";
import { openLogFile } from "../supervisor/output/log_file.ts";
import { serviceUrl } from "../supervisor/output/banner.ts";
import { Output } from "../supervisor/output/output.ts";
import { claimPidFile } from "../supervisor/directory/pid_file.ts";
import { environmentFor, inheritedDescriptors, LISTEN_VARIABLES } from "../supervisor/role.ts";
import {
  prepareDirectory,
  type RuntimeDirectory,
} from "../supervisor/directory/runtime_directory.ts";
import { followSupervisor } from "../supervisor/upgrade/new_supervisor.ts";
import { EnvFiles } from "../supervisor/workers/env_files.ts";
import type { StatusReport } from "../supervisor/workers/status.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { VERSION } from "../version.ts";
import type { Arguments } from "./arguments.ts";
import { inquireStatus } from "./control.ts";
import { enterHost } from "./host.ts";
import type { Program } from "./program.ts";
import { printReply } from "./replies.ts";
import { appModule, checkApp, checkWatch, targetDirectory } from "./target.ts";
import { EXIT_CODES } from "./usage.ts";

/** Starts the app. Returns if another process serves it, never if this one does. */
export async function start(read: Arguments, program: Program): Promise<number> {
  if (startInfo().role !== "supervisor") {
    checkApp(read);
    if (read.watch) checkWatch(appModule(read), program.app !== undefined);
  }
  const directory = targetDirectory(read);
  prepareDirectory(directory);
  await enterHost(program, {
    app: appModule(read),
    directory: directory.path,
    wanted: read.runtime,
  });
  if (startInfo().role !== "supervisor") {
    if (read.daemon) return await startDaemon(read, directory);
    // This process has loaded the app's code, and the supervisor must not.
    if (read.entry) return await superviseElsewhere(read, directory);
  }
  return await supervise(read, directory).catch((error) => {
    releaseFile(directory.pidFile);
    if (read.daemon) report({ type: "outcome", ok: false, text: describeFailure(error) });
    throw error;
  });
}

/** Becomes the supervisor. */
async function supervise(read: Arguments, directory: RuntimeDirectory): Promise<never> {
  // Fail now if the permission to send signals is missing, not when a worker has to be killed.
  isAlive(parentProcessId());
  keepDirectory();
  const saved = takeSavedState();
  if (startInfo().rehearsal) {
    await runtime.loadDescriptors();
    return exit(EXIT_CODES.done);
  }
  const stale = saved === undefined && claim(directory);
  const logFile = saved ? saved.logFile : logFileOf(read, directory);
  const descriptors = await runtime.loadDescriptors();
  const output = new Output(logFile, descriptors, saved?.lostLines);
  const app = appModule(read);
  if (read.logFormat !== undefined) useLogFormat(read.logFormat);
  const log = new Log("supervisor", output);
  const files = read.envFiles.map((path) => resolvePath(currentDirectory(), path));
  const envFiles = new EnvFiles(files, read.env);
  const supervisor = new Supervisor({
    app: read.entry ? undefined : app,
    appName: app,
    launch: appLaunch(read, app),
    directory,
    descriptors,
    log,
    output,
    logFile,
    logFileNamed: read.logFile !== undefined,
    logFormat: read.logFormat,
    allow: read.allow,
    appArguments: read.appArguments,
    place: read.place,
    envFiles,
    admin: read.admin,
    // Without an admin listener, the supervisor does not need these modules.
    openAdmin: async (address, host) =>
      (await import("../admin/admin.ts")).openAdmin(address, host),
    workers: read.workers,
    startTimeout: read.startTimeout,
    detached: startInfo().detached === true,
    afterCrash: stale,
    // After a restart, no command waits for this report.
    onStart: read.daemon && !startInfo().succeeds ? (reply) => report(reply, output) : undefined,
    onDaemon: read.daemon ? undefined : () => void becomeDaemon(read, directory),
    version: VERSION,
    runtime: `${runtime.name} ${runtime.version}`,
    reload: reloadCommand(read),
  });
  if (read.watch) {
    const { watch } = await import("./watch.ts");
    const files = envFiles.paths.filter(mayRead);
    void watch({ app, directory: directory.path, files, log });
  }
  await supervisor.run(saved);
  return await new Promise<never>(() => {});
}

/** Reports to the command that started this daemon. It reads until it gets the outcome. */
function report(reply: CommandReply, output?: Output): void {
  writeOutput(JSON.stringify(reply) + "\n");
  if (reply.type === "outcome") output?.takeStandardOutput();
}

/** Returns whether a previous supervisor died without cleaning up. */
function claim(directory: RuntimeDirectory): boolean {
  const succeeds = startInfo().succeeds === true;
  const { holder, stale } = claimPidFile(directory.pidFile, succeeds);
  if (holder === undefined) {
    // Left by a supervisor that died during an upgrade.
    removeFile(directory.state);
    return stale;
  }
  throw new GoerError(
    "GOER_SUPERVISOR",
    `Cannot start: already running as process ${holder.pid} (${directory.path})`,
  );
}

function logFileOf(read: Arguments, directory: RuntimeDirectory): string | undefined {
  if (read.logFile !== undefined) return resolvePath(read.logFile);
  return read.daemon ? directory.log : undefined;
}

/** An app that calls `runAll` is the main module of its workers, so its own configuration applies. */
function appLaunch(read: Arguments, app: string): Launch {
  const launch = currentLaunch();
  return read.entry && launch.module !== "" ? { ...launch, module: app } : launch;
}

/** The command that reloads the app, as a person would write it. */
function reloadCommand({ operand = "", name, runtimeDirectory, entry }: Arguments): string {
  if (entry) return `${operand} reload`;
  const which = name
    ? ` --name ${name}`
    : runtimeDirectory
    ? ` --runtime-dir ${runtimeDirectory}`
    : ` ${operand}`;
  return `goer reload${which}`;
}

/** The command that starts the app's supervisor. */
function supervisorWords(read: Arguments, ...more: string[]): string[] {
  const launch = currentLaunch();
  if (!read.entry || launch.module === "") {
    return launchWords(launch, [...more, ...commandArguments()]);
  }
  // The app is named before its arguments.
  const given = commandArguments();
  const own = given.includes("--") ? given.indexOf("--") : given.length;
  const words = [...given.slice(0, own), appModule(read), ...given.slice(own)];
  return launchWords({ ...launch, module: commandModule() }, ["--entry", ...more, ...words]);
}

/** Executes the supervisor in this process, or starts a child process and acts for it. */
async function superviseElsewhere(
  read: Arguments,
  directory: RuntimeDirectory,
): Promise<number> {
  const words = supervisorWords(read);
  const descriptors = await runtime.loadDescriptors();
  if (descriptors?.canExecute([])) {
    const variables = environmentFor({ role: "supervisor" });
    const own = environment();
    for (const name of Object.values(LISTEN_VARIABLES)) {
      if (own[name] !== undefined) variables[name] = own[name];
    }
    return descriptors.execute(words, variables, []);
  }
  const variables = environmentFor({ role: "supervisor", detached: true });
  const inherited = inheritedDescriptors();
  if (inherited.length > 0) {
    variables[LISTEN_VARIABLES.count] = String(inherited.length);
    variables[LISTEN_VARIABLES.names] = inherited.map(({ name }) => name).join(":");
  }
  const child = spawn(words, {
    environment: variables,
    descriptors: inherited.map(({ descriptor }) => descriptor),
    detached: true,
  });
  return await followSupervisor(child, directory.pidFile);
}

/** The app itself has the option `daemon`. */
async function becomeDaemon(read: Arguments, directory: RuntimeDirectory): Promise<never> {
  return exit(await startDaemon(read, directory, "--daemon"));
}

/** Starts a supervisor in the background. Returns when its workers are ready. */
async function startDaemon(
  read: Arguments,
  directory: RuntimeDirectory,
  ...more: string[]
): Promise<number> {
  const logFile = logFileOf({ ...read, daemon: true }, directory)!;
  let outcome: CommandReply & { type: "outcome" } | undefined;
  let reason = `Cannot start: the supervisor has ended. See ${logFile}`;
  const words = supervisorWords(read, ...more);
  const output = openLogFile(logFile).descriptor;
  await new Promise<void>((resolve) => {
    const child = spawn(words, {
      environment: environmentFor({ role: "supervisor", detached: true }),
      detached: true,
      output,
      onLine(line) {
        const reply = parseShaped(line, COMMAND_REPLY);
        // Runtimes print warnings, too.
        if (reply === undefined) return writeErrorOutput(`${line}\n`);
        if (reply.type === "progress") return printReply(reply, read);
        outcome = reply;
        resolve();
      },
    });
    child.exited.then(({ error }) => {
      if (error !== undefined) reason = `Cannot start the supervisor: ${error}`;
      resolve();
    });
  });
  if (outcome === undefined) {
    writeErrorOutput(`goer: ${reason}\n`);
    return EXIT_CODES.failed;
  }
  if (!outcome.ok || startInfo().succeeds) printReply(outcome, read);
  else await printDaemon(outcome, directory, read);
  return outcome.ok ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** Says what runs in the background, and where. */
async function printDaemon(
  outcome: CommandReply & { type: "outcome" },
  directory: RuntimeDirectory,
  read: Arguments,
): Promise<void> {
  // The app runs in any case: the supervisor may lack a permission that only the status needs.
  const status = await inquireStatus(directory, { ...read, now: false }).catch(() => undefined);
  if (status === undefined) return printReply(outcome, read);
  const { pid, logFile, services } = status;
  if (read.json) return printReply({ ...outcome, data: { pid, logFile, services } }, read);
  writeOutput(`${outcome.text}\n\n${daemonText(status)}`);
}

/** What runs in the background, and where. */
export function daemonText({ pid, logFile, services }: StatusReport): string {
  const addresses = services.map(({ name, address, protocol }) => {
    const url = serviceUrl(address, protocol);
    return `  serving  ${name === address ? url : url === "" ? name : `${name} on ${url}`}\n`;
  });
  return `${addresses.join("")}  process  ${pid}\n  log      ${logFile}\n`;
}
