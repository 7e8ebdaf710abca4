/**
 * Signals, and whether a process lives.
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
 * Sends `signal` to a process; false if there is none, or it is not ours to signal. Never to a group
 * of processes, or to the first one: a child that could not be started has the id 0, which stands for
 * this process's own group.
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
 * True while a process with this id runs, whoever's it is. Throws where a runtime's permissions let
 * this process send no signal to any.
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

/** Calls `listener` at each `signal`, in place of the system's own reaction to it. */
export function onSignal(signal: Signal, listener: () => void): void {
  process.on(signal, listener);
}
