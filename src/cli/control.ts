/**
 * The commands that a running supervisor carries out.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { isRunning, readRecord } from "../runtime/files/claim.ts";
import { fileExists } from "../runtime/files/file_system.ts";
import { delay } from "../runtime/process/native_timer.ts";
import type { Shape } from "../shapes.ts";
import { Channel, type ChannelHandlers } from "../supervisor/ipc/channel.ts";
import {
  CONNECTION_LIST,
  CONTROL_MESSAGE,
  STATUS_REPORT,
} from "../supervisor/ipc/message_shapes.ts";
import type { Command, CommandReply, ControlMessage } from "../supervisor/ipc/messages.ts";
import type { RuntimeDirectory } from "../supervisor/directory/runtime_directory.ts";
import type { ConnectionStatus, StatusReport } from "../supervisor/workers/status.ts";
import type { Arguments } from "./arguments.ts";
import { printReply, showLive } from "./replies.ts";
import { showData } from "./show_data.ts";
import { connectionTable, statusText } from "./tables.ts";
import { appModule, runningDirectory } from "./target.ts";
import { EXIT_CODES } from "./usage.ts";

type Outcome = CommandReply & { type: "outcome" };

/** How long an upgrade may leave no supervisor to connect to, in ms. */
const ABSENCE_TIMEOUT = 60_000;

/** How long its pid file may name no running process meanwhile, in ms. */
const GONE_TIMEOUT = 2000;

/** How long an existing control socket may refuse connections, in ms. */
const REFUSAL_TIMEOUT = 2000;

/** How long a supervisor may be silent, in ms. It sends a sign of life each second. */
const SILENCE_TIMEOUT = 5_000;

const RETRY_DELAY = 50;

/** How often to send a request that gets no answer: upgrades can be queued before it. */
const ATTEMPTS = 5;

/** `goer reload` */
export function reload(read: Arguments): Promise<number> {
  return change(read, read.abort ? "abort" : "reload");
}

/** `goer reopen` */
export function reopen(read: Arguments): Promise<number> {
  return change(read, "reopen");
}

/** `goer stop` */
export function stop(read: Arguments): Promise<number> {
  return change(read, "stop");
}

/** `goer upgrade` */
export function upgrade(read: Arguments): Promise<number> {
  return replace(
    read,
    "upgrade",
    (before, after) =>
      after.upgrades > before.upgrades ? `upgraded to version ${after.version}` : undefined,
  );
}

/** `goer restart` */
export function restart(read: Arguments): Promise<number> {
  const askedAt = performance.now();
  return replace(read, "restart", (before, after) => {
    const elapsed = performance.now() - askedAt;
    return after.uptime < before.uptime + elapsed / 2 ? "restarted" : undefined;
  });
}

/** `goer status` */
export async function status(read: Arguments): Promise<number> {
  const directory = runningDirectory(read);
  const inquire = () => inquireStatus(directory, read);
  const runs = await showData(read, { inquire, text: statusText });
  return runs ? EXIT_CODES.done : notRunning(directory, read);
}

/** `goer connections` */
export async function connections(read: Arguments): Promise<number> {
  const directory = runningDirectory(read);
  const inquire = async () =>
    (await inquireConnections(directory, read))?.filter((one) => isAskedFor(one, read));
  const runs = await showData(read, { inquire, text: connectionTable });
  return runs ? EXIT_CODES.done : notRunning(directory, read);
}

/** True if no filter of the command line excludes a connection. */
function isAskedFor(
  { service, remoteAddress, state = "open" }: ConnectionStatus,
  read: Arguments,
): boolean {
  return (read.service === undefined || service === read.service) &&
    (read.peer === undefined || remoteAddress.startsWith(read.peer)) &&
    (read.state === undefined || state === read.state);
}

async function change(read: Arguments, command: Command): Promise<number> {
  const directory = runningDirectory(read);
  const outcome = await request(directory, command, read);
  if (outcome === undefined) return notRunning(directory, read);
  printReply(outcome, read);
  return outcome.ok ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** Runs a command that replaces the supervisor. */
async function replace(
  read: Arguments,
  command: "upgrade" | "restart",
  verify: (before: StatusReport, after: StatusReport) => string | undefined,
): Promise<number> {
  const directory = runningDirectory(read);
  const before = await inquireStatus(directory, read);
  if (before === undefined) return notRunning(directory, read);
  const outcome = await request(directory, command, read) ?? await awaitReturn(directory, read);
  const after = outcome.ok ? await inquireStatus(directory, read) : undefined;
  const text = after && verify(before, after);
  if (outcome.ok && text === undefined) {
    outcome.ok = false;
    outcome.text = `Cannot ${command}: see the supervisor's log`;
  } else if (text !== undefined) outcome.text = text;
  printReply(outcome, read);
  return outcome.ok ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** Waits until the new supervisor is ready. */
async function awaitReturn(directory: RuntimeDirectory, read: Arguments): Promise<Outcome> {
  const start = performance.now();
  let seenAt = start;
  while (performance.now() - start < ABSENCE_TIMEOUT && performance.now() - seenAt < GONE_TIMEOUT) {
    const seconds = Math.floor((performance.now() - start) / 1000);
    if (seconds > 0) showLive(`waiting for the new supervisor, ${seconds} s`, read);
    await delay(RETRY_DELAY);
    const outcome = await request(directory, "wait", read);
    if (outcome !== undefined) return outcome;
    const record = readRecord(directory.pidFile);
    if (record !== undefined && isRunning(record)) seenAt = performance.now();
  }
  return { type: "outcome", ok: false, text: "The supervisor did not come back: see its log" };
}

/** Asks the supervisor for its status; `undefined` if none runs. */
export function inquireStatus(
  directory: RuntimeDirectory,
  read: Arguments,
): Promise<StatusReport | undefined> {
  return inquire(directory, "status", STATUS_REPORT, read);
}

/** Asks the supervisor for all connections; `undefined` if none runs. */
export function inquireConnections(
  directory: RuntimeDirectory,
  read: Arguments,
): Promise<ConnectionStatus[] | undefined> {
  return inquire(directory, "connections", CONNECTION_LIST, read);
}

/** Gets data from the supervisor; `undefined` if none runs. */
async function inquire<T>(
  directory: RuntimeDirectory,
  command: "status" | "connections",
  shape: Shape<T>,
  read: Arguments,
): Promise<T | undefined> {
  const outcome = await request(directory, command, read);
  if (outcome === undefined) return undefined;
  if (!outcome.ok) throw new GoerError("GOER_SUPERVISOR", outcome.text);
  if (shape(outcome.data)) return outcome.data;
  throw new GoerError(
    "GOER_SUPERVISOR",
    `Cannot read the supervisor's answer to "${command}": it is another version of Goer ` +
      `(${directory.path}). Use the same version for this command`,
  );
}

/**
 * Sends a command to the supervisor and prints its progress. If a new supervisor takes over before the
 * answer, sends it again.
 *
 * @param tell Receives the progress instead.
 * @returns `undefined` if no supervisor runs, or it ended without an answer.
 */
export async function request(
  directory: RuntimeDirectory,
  command: Command,
  read: Arguments,
  tell: (reply: CommandReply) => void = (reply) => printReply(reply, read),
): Promise<Outcome | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const outcome = await requestOnce(directory, command, read, tell);
    if (outcome !== "lost") return outcome;
    // These two end the supervisor that they are sent to.
    if (command === "upgrade" || command === "restart") return undefined;
    await delay(RETRY_DELAY);
  }
}

async function requestOnce(
  directory: RuntimeDirectory,
  command: Command,
  read: Arguments,
  tell: (reply: CommandReply) => void,
): Promise<Outcome | "lost" | undefined> {
  let settle: (outcome: Outcome | "lost" | "silent") => void;
  const settled = new Promise<Outcome | "lost" | "silent">((resolve) => settle = resolve);
  let silence: ReturnType<typeof setTimeout> | undefined;
  let greet: () => void;
  const greeted = new Promise<void>((resolve) => greet = resolve);
  const channel = await connect(directory, {
    accepts: CONTROL_MESSAGE,
    onMessage(message) {
      clearTimeout(silence);
      silence = setTimeout(() => settle("silent"), SILENCE_TIMEOUT);
      if (message.type === "outcome") return settle(message);
      if (message.type === "progress") return tell(message);
      greet();
    },
    onClose: () => settle("lost"),
  });
  if (channel === undefined) return undefined;
  silence ??= setTimeout(() => settle("silent"), SILENCE_TIMEOUT);
  // A supervisor that is stopped (SIGSTOP) would carry it out long after this command has given up.
  const { now, plan } = read;
  void greeted.then(() => channel.send({ type: "command", command, now, plan }));
  const outcome = await settled;
  clearTimeout(silence);
  channel.destroy();
  if (outcome !== "silent") return outcome;
  throw new GoerError(
    "GOER_SUPERVISOR",
    `Cannot ${command}: the supervisor, process ${
      readRecord(directory.pidFile)?.pid
    }, is stopped ` +
      `or hangs: no answer for ${SILENCE_TIMEOUT} ms (${directory.path})`,
  );
}

/** Connects. Retries while a supervisor runs and does not listen yet, as during an upgrade. */
async function connect(
  directory: RuntimeDirectory,
  handlers: ChannelHandlers<ControlMessage>,
): Promise<Channel<ControlMessage> | undefined> {
  const start = performance.now();
  /** Since when the socket is there, but refuses: it may have been absent before. */
  let refusedSince: number | undefined;
  while (true) {
    try {
      return await Channel.connect<ControlMessage>(directory.control, handlers);
    } catch {
      const record = readRecord(directory.pidFile);
      if (record === undefined || !isRunning(record)) return undefined;
      const now = performance.now();
      refusedSince = fileExists(directory.control) ? refusedSince ?? now : undefined;
      const refused = refusedSince !== undefined && now - refusedSince > REFUSAL_TIMEOUT;
      if (refused || now - start > ABSENCE_TIMEOUT) return undefined;
    }
    // No system reports that a process listens at a path.
    await delay(RETRY_DELAY);
  }
}

/** Says that the app does not run. Returns the exit code. */
export function notRunning(directory: RuntimeDirectory, read: Arguments): number {
  const app = read.operand === undefined ? "It" : appModule(read);
  const record = readRecord(directory.pidFile);
  const text = record !== undefined && isRunning(record)
    ? `Cannot reach the supervisor: process ${record.pid} runs, but does not listen on ` +
      directory.control
    : `${app} is not running (${directory.path})`;
  printReply({ type: "outcome", ok: false, text }, read);
  return EXIT_CODES.notRunning;
}
