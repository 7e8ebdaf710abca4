/**
 * Requests to a running supervisor, without the process of a command.
 *
 * @module
 */

import { isAlive } from "../supervisor/processes.ts";
import { Channel } from "../../src/supervisor/ipc/channel.ts";
import { CONTROL_MESSAGE } from "../../src/supervisor/ipc/message_shapes.ts";
import type { Command, CommandReply, ControlMessage } from "../../src/supervisor/ipc/messages.ts";
import { until } from "./wait.ts";

/** The last reply to a command. */
export type Outcome = CommandReply & { type: "outcome" };

/** Sends a command to the supervisor of this runtime directory, and returns the last reply. */
export async function request(directory: string, command: Command, now = false): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const channel = await Channel.connect<ControlMessage>(`${directory}/control.sock`, {
    accepts: CONTROL_MESSAGE,
    onMessage: (reply) => reply.type === "outcome" && resolve(reply),
    onClose: () => reject(new Error(`there is no answer to ${command}`)),
  });
  channel.send({ type: "command", command, now });
  return await promise.finally(() => channel.destroy());
}

/** Stops the app of this runtime directory immediately, if one runs, and waits for its end. */
export async function stopNow(directory: string): Promise<void> {
  const pidFile = await Deno.readTextFile(`${directory}/goer.pid`).catch(() => "");
  await request(directory, "stop", true).catch(() => {});
  const pid = Number(pidFile.split("\n")[0]);
  if (pid > 0) await until("the end of the supervisor", () => Promise.resolve(!isAlive(pid)));
}
