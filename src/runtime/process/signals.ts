/**
 * Signals, and checks whether processes are running.
 *
 * @module
 */

import process from "node:process";

/** The signals that the control path sends or listens to. */
export type Signal =
  | "SIGCHLD"
  | "SIGHUP"
  | "SIGINT"
  | "SIGKILL"
  | "SIGQUIT"
  | "SIGTERM"
  | "SIGUSR1"
  | "SIGUSR2";

/**
 * Sends `signal` to a process. Returns false if it does not exist or belongs to another user. Never
 * sends to a process group or to process 1: a child that could not be started has the id 0, which
 * means this process's own group.
 */
export function kill(pid: number, signal: Signal): boolean {
  if (pid < 2) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * True while a process with this id is running, even of another user. Throws if the runtime does
 * not permit sending signals.
 */
export function isAlive(pid: number): boolean {
  if (pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code === "EPERM";
  }
}

/** Calls `listener` for each `signal`, instead of the system's default action. */
export function onSignal(signal: Signal, listener: () => void): void {
  process.on(signal, listener);
}
