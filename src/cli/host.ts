/**
 * Lets the executable of Goer run an app with a runtime from PATH: if the executable cannot run the app
 * itself, or because of `--runtime`. The executable starts every process of the app, so replacing it
 * upgrades all of them.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { createFolder, joinPath } from "../runtime/files/file_system.ts";
import {
  findHost,
  type HostName,
  hostReadsTypeScript,
  HOSTS,
  hostWords,
} from "../runtime/program/external_runtimes.ts";
import { SUPERVISOR_ONLY } from "../runtime/runtime.ts";
import { runtime } from "../runtime/mod.ts";
import { ownProgram } from "../runtime/program/own_program.ts";
import { spawn } from "../runtime/process/child.ts";
import { commandArguments, environment, executablePath, exit } from "../runtime/process/process.ts";
import { kill, onSignal } from "../runtime/process/signals.ts";
import { descriptorsIn, type StartInfo, startInfo, startVariable } from "../start_info.ts";
import { savedDescriptors } from "../supervisor/upgrade/saved_state.ts";
import { FIRST_DESCRIPTOR, inheritedDescriptors } from "../supervisor/role.ts";
import { VERSION } from "../version.ts";
import type { Program } from "./program.ts";

/** An app to run with another runtime. */
interface HostedApp {
  /** The app's module. */
  app: string;
  /** The app's runtime directory: the scripts are unpacked there. */
  directory: string;
  /** The value of `--runtime`. */
  wanted?: string;
}

/**
 * Continues in another runtime if the app needs one; otherwise returns.
 *
 * @throws {GoerError} If that runtime cannot be found.
 */
export async function enterHost(program: Program, hosted: HostedApp): Promise<void> {
  const info = startInfo();
  const entered = info.runtime;
  const wanted = hosted.wanted ?? entered;
  if (program.scripts === undefined) {
    if ([undefined, entered, runtime.name].includes(hosted.wanted)) return;
    throw notAnExecutable(hosted.wanted!);
  }
  const typescript = /\.[mc]?tsx?$/.test(hosted.app);
  if (wanted === undefined && (!typescript || ownProgram.readsTypeScript)) return;
  const { name, executable } = wanted === undefined
    ? firstHost(hosted.app)
    : hostNamed(wanted as HostName, hosted.app);
  const scripts = joinPath(hosted.directory, `scripts-${VERSION}`);
  createFolder(scripts, await program.scripts());
  const { role, allow = [] } = info;
  const serves = role === "load" || role === "worker";
  const withheld = serves ? SUPERVISOR_ONLY.filter((one) => !allow.includes(one)) : [];
  const words = hostWords(name, { executable, scripts, app: hosted.app, withheld });
  await become([...words, ...commandArguments()], {
    ...info,
    runtime: name,
    executable: executablePath(),
  });
}

function notAnExecutable(name: string): GoerError {
  return new GoerError(
    "GOER_NOT_SUPPORTED",
    `Cannot change to ${name}: only the executable of Goer supports --runtime. ` +
      `Run the goer command with ${name} instead`,
  );
}

function hostNamed(name: HostName, app: string): { name: HostName; executable: string } {
  const executable = findHost(name);
  if (executable !== undefined) return { name, executable };
  throw new GoerError(
    "GOER_NOT_SUPPORTED",
    `Cannot run "${app}": cannot find ${name} on PATH. Install it, or add it to PATH`,
  );
}

/** The first runtime on PATH that runs TypeScript. */
function firstHost(app: string): { name: HostName; executable: string } {
  for (const name of HOSTS) {
    const executable = findHost(name);
    if (executable !== undefined && hostReadsTypeScript(name, executable)) {
      return { name, executable };
    }
  }
  throw new GoerError(
    "GOER_NOT_SUPPORTED",
    `Cannot run "${app}": this executable only runs JavaScript. For TypeScript, install deno, bun, ` +
      "or node 22.18 or later, and add it to PATH",
  );
}

/** Executes another program in this process, or starts a child process and acts for it. */
async function become(words: string[], info: StartInfo): Promise<never> {
  const inherited = [
    ...inheritedDescriptors().map(({ descriptor }) => descriptor),
    ...descriptorsIn(info),
    ...savedDescriptors(),
  ];
  const descriptors = await runtime.loadDescriptors();
  if (descriptors?.canExecute(inherited)) {
    return descriptors.execute(words, { ...environment(), ...startVariable(info) }, inherited);
  }
  const child = spawn(words, {
    environment: { ...environment(), ...startVariable(renumbered(info, inherited)) },
    descriptors: inherited,
  });
  for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"] as const) {
    onSignal(signal, () => kill(child.pid, signal));
  }
  const { code = 1 } = await child.exited;
  return exit(code);
}

/** The descriptors have other numbers in a child, in this order. */
function renumbered(info: StartInfo, descriptors: number[]): StartInfo {
  const inherit = (descriptor: number) => FIRST_DESCRIPTOR + descriptors.indexOf(descriptor);
  const { channel, worker } = info;
  return {
    ...info,
    channel: channel === undefined ? undefined : inherit(channel),
    worker: worker && {
      ...worker,
      services: worker.services.map(({ key, sockets }) => ({ key, sockets: sockets.map(inherit) })),
    },
  };
}
