/**
 * What a process was told by the one that has started it: one variable of the environment, which is
 * read once and taken out before the app is loaded. So what the app starts inherits no role.
 *
 * The letter also names its sender: where a runtime hands on the environment as it was at the start (as
 * `Bun.spawn` does), a process that has another parent passes the letter over.
 *
 * @module
 */

import { GoerError } from "./errors.ts";
import { isMainThread, isNear, ownProcessId, takeVariable } from "./runtime/process/environment.ts";
import { processWide } from "./runtime/process/process_wide.ts";
import { flag, integer, listOf, name, oneOf, optional, parseShaped, record } from "./shapes.ts";

/** The variable. */
export const START_VARIABLE = "GOER_START";

/** What a process is there for: `none` is the command line. */
export type Role = "none" | "load" | "supervisor" | "worker";

/** A service that a worker serves. */
export interface AssignedService {
  key: string;
  /** The descriptors of the sockets that it inherits; none where it opens them itself. */
  sockets: number[];
}

/** Which worker a process is. */
export interface WorkerIdentity {
  /** Names all that this supervisor starts, over upgrades too: no other supervisor's is the same. */
  site: string;
  id: number;
  slot: number;
  generation: number;
}

/** What a worker is to serve. */
export interface WorkerAssignment extends WorkerIdentity {
  services: AssignedService[];
}

/** A socket that a service manager has opened. */
export interface GivenSocket {
  /** As the manager calls it. */
  name: string;
  descriptor: number;
}

/** What a process was told at its start. */
export interface StartInfo {
  role: Role;
  /** The app's module, for a process that the `goer` command is the main module of. */
  app?: string;
  /** The app's runtime directory. */
  directory?: string;
  /** The descriptor of the connection to the supervisor. */
  channel?: number;
  worker?: WorkerAssignment;
  /** The log file, for a worker that has lost its supervisor. */
  log?: string;
  /** The supervisor takes log lines over the connection. */
  relays?: boolean;
  /** Permissions that a worker keeps although only the supervisor needs them. */
  allow?: string[];
  /** Where the app listens, in place of its own address. */
  listen?: string;
  /** Nobody waits for this supervisor's process: it may end when another has taken over. */
  detached?: boolean;
  /** The supervisor is to take the place of the one that has started it, and to start anew. */
  succeeds?: boolean;
  /** What a new image of the supervisor goes on with: a file. */
  state?: string;
  /** Only tries whether this image could take over, and ends. */
  rehearsal?: boolean;
  /** Sockets of a service manager that the supervisor before this one had. */
  sockets?: GivenSocket[];
  /** The runtime that all processes of the app run under, where the executable runs none of its own. */
  runtime?: string;
  /** The executable that this process was started by, where it is not this runtime's own. */
  executable?: string;
}

const DESCRIPTOR = integer(0, 2 ** 31 - 1);

const LETTER = record<StartInfo & { from: number }>({
  from: integer(1),
  role: oneOf("none", "load", "supervisor", "worker"),
  app: optional(name),
  directory: optional(name),
  channel: optional(DESCRIPTOR),
  worker: optional(record<WorkerAssignment>({
    site: name,
    id: integer(1),
    slot: integer(),
    generation: integer(),
    services: listOf(record<AssignedService>({ key: name, sockets: listOf(DESCRIPTOR) })),
  })),
  log: optional(name),
  relays: optional(flag),
  allow: optional(listOf(name)),
  listen: optional(name),
  detached: optional(flag),
  succeeds: optional(flag),
  state: optional(name),
  rehearsal: optional(flag),
  sockets: optional(listOf(record<GivenSocket>({ name, descriptor: DESCRIPTOR }))),
  runtime: optional(name),
  executable: optional(name),
});

/** A letter, and who has sent it; `undefined` where the text is none. */
export function parseLetter(text: string): StartInfo & { from: number } | undefined {
  return parseShaped(text, LETTER);
}

/** What there is to know; an error where the letter cannot be read. */
const start = processWide<{ info: StartInfo; invalid: boolean }>("start", readLetter);

function readLetter(): { info: StartInfo; invalid: boolean } {
  const text = takeVariable(START_VARIABLE);
  // A thread of a worker is no worker.
  if (text === undefined || !isMainThread()) return { info: { role: "none" }, invalid: false };
  const letter = parseLetter(text);
  if (letter === undefined) return { info: { role: "none" }, invalid: true };
  const { from, ...info } = letter;
  // A rehearsal starts nothing that could inherit its letter; it ends, even if its sender has ended before.
  const isOurs = isNear(from) || info.rehearsal === true;
  return { info: isOurs ? info : { role: "none" }, invalid: false };
}

/**
 * What this process was told when it was started.
 *
 * @throws {GoerError} `GOER_SUPERVISOR` if that cannot be read.
 */
export function startInfo(): StartInfo {
  if (!start.invalid) return start.info;
  throw new GoerError(
    "GOER_SUPERVISOR",
    `Cannot read the role of this process: ${START_VARIABLE} is not valid. Unset it`,
  );
}

/** Which worker this process is: without a supervisor, the only one of its own site. */
export function workerIdentity(): WorkerIdentity {
  return startInfo().worker ?? processWide("alone", () => {
    return { site: crypto.randomUUID(), id: 0, slot: 0, generation: 0 };
  });
}

/** The descriptors that a process with this letter is started with. */
export function descriptorsIn({ channel, worker }: StartInfo): number[] {
  const sockets = worker?.services.flatMap((service) => service.sockets) ?? [];
  return channel === undefined ? sockets : [channel, ...sockets];
}

/** The variable that tells a process what it is started for: this process starts it, or becomes it. */
export function startVariable(info: StartInfo): Record<string, string> {
  return { [START_VARIABLE]: JSON.stringify({ from: ownProcessId(), ...info }) };
}
