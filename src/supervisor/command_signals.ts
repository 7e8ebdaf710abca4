/**
 * The signals that are commands.
 *
 * @module
 */

import { onSignal, type Signal } from "../runtime/process/signals.ts";
import type { Request } from "./machine/events.ts";

/** A command that a signal can give. */
export type SignalledCommand = Request["command"];

const COMMANDS: readonly [Signal, SignalledCommand][] = [
  ["SIGHUP", "reload"],
  ["SIGUSR2", "upgrade"],
  ["SIGTERM", "stop"],
  ["SIGINT", "stop"],
  ["SIGQUIT", "stop"],
];

/** Calls `obey` for each signal that is a command. */
export function onCommandSignals(
  obey: (signal: Signal, command: SignalledCommand) => void,
): void {
  for (const [signal, command] of COMMANDS) onSignal(signal, () => obey(signal, command));
}
