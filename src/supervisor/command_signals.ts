/**
 * The signals that are commands.
 *
 * @module
 */

import { onSignal, type Signal } from "../runtime/process/signals.ts";
import { terminalWatch } from "../runtime/process/terminal.ts";
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

/**
 * Calls `obey` for each signal that is a command. If the terminal is closed, the system sends SIGHUP,
 * possibly several times: this stops the app once, because a second stop would not wait for connections.
 */
export function onCommandSignals(
  obey: (signal: Signal, command: SignalledCommand) => void,
): void {
  const terminalIsClosed = terminalWatch();
  let hasStopped = false;
  for (const [signal, command] of COMMANDS) {
    onSignal(signal, () => {
      if (signal !== "SIGHUP" || !terminalIsClosed()) return obey(signal, command);
      // Another supervisor that takes over may not know that there was a terminal.
      if (!hasStopped) obey("SIGTERM", "stop");
      hasStopped = true;
    });
  }
}
