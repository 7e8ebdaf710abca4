/**
 * Starts the next supervisor: in the same process, or, if the runtime cannot execute another
 * program, in a new one.
 *
 * @module
 */

import { delay, within } from "../../runtime/process/native_timer.ts";
import { GoerError } from "../../errors.ts";
import { isRunning, isSame, readRecord } from "../../runtime/files/claim.ts";
import type { Descriptors } from "../../runtime/descriptors.ts";
import { currentLaunch, launchWords } from "../../runtime/program/launch.ts";
import { openLocal } from "../../runtime/sockets/local_socket.ts";
import { CHANNEL_DESCRIPTOR, type ChildProcess, spawn } from "../../runtime/process/child.ts";
import { commandArguments, exit } from "../../runtime/process/process.ts";
import { kill, onSignal, type Signal } from "../../runtime/process/signals.ts";
import { type StartInfo, startInfo } from "../../start_info.ts";
import { Channel } from "../ipc/channel.ts";
import { TAKEOVER_MESSAGE } from "../ipc/message_shapes.ts";
import type { TakeoverMessage } from "../ipc/messages.ts";
import type { Output } from "../output/output.ts";
import { environmentFor } from "../role.ts";
import { withoutColours } from "../../runtime/process/environment.ts";
import type { RuntimeDirectory } from "../directory/runtime_directory.ts";

/** How long a new process may take to take over, in ms. */
const TAKEOVER_TIMEOUT = 15_000;

/** How long to wait for a process's last output after its end, in ms. */
const LAST_WORDS_TIMEOUT = 500;

/** How often to check whether a process of another parent is running, in ms. */
const POLL_INTERVAL = 50;

/** Signals that are passed on to the process that serves instead of this one. */
const FORWARDED: Signal[] = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"];

/** What the next supervisor gets: a saved state, or only sockets of a service manager. */
export type NewSupervisorStart = Pick<StartInfo, "channel" | "state" | "succeeds" | "sockets">;

/** The next supervisor. */
export class NewSupervisor {
  readonly #directory: RuntimeDirectory;
  readonly #detached: boolean;

  /**
   * @param detached True if no process waits for this one: it may end when another has taken over.
   */
  constructor(directory: RuntimeDirectory, detached: boolean) {
    this.#directory = directory;
    this.#detached = detached;
  }

  /** Executes the new supervisor in this process. Never returns. */
  execute(descriptors: Descriptors, kept: number[], found: NewSupervisorStart): never {
    return descriptors.execute(words(), this.#environment(found, this.#detached), kept);
  }

  /** Starts a new process, and returns it when it has taken over. */
  async spawn(descriptors: number[], found: NewSupervisorStart, to: Output): Promise<ChildProcess> {
    const child = spawn(words(), {
      environment: this.#environment({ ...found, channel: CHANNEL_DESCRIPTOR }, true),
      channel: true,
      descriptors,
      detached: true,
      output: to.descriptor ?? "inherit",
    });
    if (await takesOver(child)) return child;
    kill(child.pid, "SIGKILL");
    throw new GoerError("GOER_SUPERVISOR", "The new supervisor did not take over");
  }

  /**
   * Checks whether the new supervisor could take over: loads its modules, and reads the state.
   *
   * @param cancelled Ends the check early: this process may end soon, and must leave nothing
   * behind.
   * @throws {GoerError} If it could not take over.
   */
  async rehearse(found: NewSupervisorStart, cancelled: AbortSignal): Promise<void> {
    const lines: string[] = [];
    const start = environmentFor({ role: "supervisor", rehearsal: true, ...found });
    const environment = withoutColours(start);
    const child = spawn(words(), { environment, onLine: (line) => void lines.push(line) });
    const end = () => void kill(child.pid, "SIGKILL");
    const timer = setTimeout(end, TAKEOVER_TIMEOUT);
    cancelled.addEventListener("abort", end);
    const { code, signal, error } = await child.exited;
    clearTimeout(timer);
    cancelled.removeEventListener("abort", end);
    if (code === 0) return;
    await within(LAST_WORDS_TIMEOUT, Promise.resolve(child.linesEnded));
    const reason = error ?? (lines.join("\n") || `it ended with ${signal ?? `code ${code}`}`);
    throw new GoerError("GOER_SUPERVISOR", `The new supervisor cannot take over: ${reason}`);
  }

  #environment(found: NewSupervisorStart, detached: boolean): Record<string, string> {
    return environmentFor({ role: "supervisor", detached, ...found });
  }

  /**
   * Ends with the process that has taken over, or immediately if no process waits for this one.
   * Until then, signals are passed on to it and to later ones.
   */
  async follow(child: ChildProcess): Promise<never> {
    if (this.#detached) return exit(0);
    return exit(await followSupervisor(child, this.#directory.pidFile));
  }
}

function words(): string[] {
  return launchWords(currentLaunch(), commandArguments());
}

/** Resolves to false if it ends or takes too long before it reports. */
async function takesOver({ channel: socket }: ChildProcess): Promise<boolean> {
  if (socket === undefined) return false;
  let taken = false;
  const channel = Channel.open<TakeoverMessage>(socket, {
    accepts: TAKEOVER_MESSAGE,
    onMessage: (_, channel) => {
      taken = true;
      channel.destroy();
    },
  });
  await within(TAKEOVER_TIMEOUT, channel.closed);
  channel.destroy();
  return taken;
}

/** Reports to the supervisor that has started this one that it may leave. */
export function reportTakeover(): void {
  const info = startInfo();
  if (info.channel === undefined) return;
  const channel = Channel.open<TakeoverMessage>(openLocal(info.channel), {
    accepts: TAKEOVER_MESSAGE,
    onMessage: () => {},
  });
  delete info.channel;
  const message: TakeoverMessage = { type: "taken-over" };
  channel.send(message);
  void channel.end();
}

/**
 * Represents a supervisor in another process until that and all its successors have ended: passes
 * signals on.
 *
 * @returns The exit code of the first, if it had no successor.
 */
export async function followSupervisor(child: ChildProcess, pidFile: string): Promise<number> {
  // If it is not the child's, it was left behind or belongs to another supervisor, and must be
  // ignored.
  const before = readRecord(pidFile);
  const successor = () => {
    const record = readRecord(pidFile);
    if (record === undefined || isSame(record, before) || !isRunning(record)) return undefined;
    return record;
  };
  for (const signal of FORWARDED) {
    onSignal(signal, () => kill((successor() ?? child).pid, signal));
  }
  const { code = 1, error } = await child.exited;
  if (error !== undefined) {
    throw new GoerError("GOER_SUPERVISOR", `Cannot start the supervisor: ${error}`);
  }
  if (successor() === undefined) return code;
  // There is no event for the end of a process with another parent.
  while (successor() !== undefined) await delay(POLL_INTERVAL);
  return 0;
}
