/**
 * What a process was told by its parent: one environment variable, which is read once and removed
 * before the app is loaded. So processes that the app starts inherit no role.
 *
 * The value also names its sender. If a runtime passes the initial environment to children (like
 * `Bun.spawn`), a process with another parent ignores it.
 *
 * @module
 */

import { GoerError } from "./errors.ts";
import type { LogFormat } from "./log_record.ts";
import { isMainThread, isNear, ownProcessId, takeVariable } from "./runtime/process/environment.ts";
import { processWide } from "./runtime/process/process_wide.ts";
import {
  flag,
  integer,
  listOf,
  name,
  oneOf,
  optional,
  parseShaped,
  record,
  type Shape,
} from "./shapes.ts";

/** The variable. */
export const START_VARIABLE = "GOER_START";

/** The purpose of a process: `none` is the command line. */
export type Role = "none" | "load" | "supervisor" | "worker";

/** A service that a worker serves. */
export interface AssignedService {
  key: string;
  /** The descriptors of the sockets that it inherits; empty if it opens them itself. */
  sockets: number[];
  /** True if it also opens a socket of its own at the same address. */
  own?: boolean;
}

/** The identity of a worker. */
export interface WorkerIdentity {
  /** A unique name for everything that this supervisor starts, also after upgrades. */
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
  /** Its name from the manager. */
  name: string;
  descriptor: number;
}

/** What the command line changes about an app's own address. */
export interface PlaceOptions {
  /** The whole address, or only its port or its host and port. */
  listen?: string;
  /** Only the host. */
  hostname?: string;
  /** Only the port. */
  port?: string;
}

/** What a process was told at its start. */
export interface StartInfo extends PlaceOptions {
  role: Role;
  /** The app's module, if the main module of the process is the `goer` command. */
  app?: string;
  /** The app's runtime directory. */
  directory?: string;
  /** The descriptor of the connection to the supervisor. */
  channel?: number;
  worker?: WorkerAssignment;
  /** The log file, for a worker that has lost its supervisor. */
  log?: string;
  /** How a worker logs. Default: `"text"`. */
  logFormat?: LogFormat;
  /** True if the supervisor accepts log lines over the connection. */
  relays?: boolean;
  /** True if an admin listener shows how long handlers take. */
  measures?: boolean;
  /** True if the supervisor accepts counters without asking for them. */
  counts?: boolean;
  /** Permissions that a worker keeps although only the supervisor needs them. */
  allow?: string[];
  /** True if no process waits for this supervisor: it may end when another has taken over. */
  detached?: boolean;
  /** True if the supervisor replaces its parent, and starts afresh. */
  succeeds?: boolean;
  /** The file with the saved state of the previous supervisor. */
  state?: string;
  /** True to check only whether this supervisor could take over. */
  rehearsal?: boolean;
  /** The previous supervisor's sockets from a service manager. */
  sockets?: GivenSocket[];
  /** The runtime of all processes of the app, if the executable does not run them itself. */
  runtime?: string;
  /** The executable that started this process, if it is not the runtime's own. */
  executable?: string;
}

/** The number of an open file or socket. */
export const DESCRIPTOR: Shape<number> = integer(0, 2 ** 31 - 1);

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
    services: listOf(record<AssignedService>({
      key: name,
      sockets: listOf(DESCRIPTOR),
      own: optional(flag),
    })),
  })),
  log: optional(name),
  logFormat: optional(oneOf("text", "json")),
  relays: optional(flag),
  measures: optional(flag),
  counts: optional(flag),
  allow: optional(listOf(name)),
  listen: optional(name),
  hostname: optional(name),
  port: optional(name),
  detached: optional(flag),
  succeeds: optional(flag),
  state: optional(name),
  rehearsal: optional(flag),
  sockets: optional(listOf(record<GivenSocket>({ name, descriptor: DESCRIPTOR }))),
  runtime: optional(name),
  executable: optional(name),
});

/** The start information and its sender; `undefined` if the text is invalid. */
export function parseLetter(text: string): StartInfo & { from: number } | undefined {
  return parseShaped(text, LETTER);
}

/** The start information, or an error if it is invalid. */
const start = processWide<{ info: StartInfo; invalid: boolean }>("start", readLetter);

function readLetter(): { info: StartInfo; invalid: boolean } {
  const text = takeVariable(START_VARIABLE);
  // A thread of a worker is not a worker.
  if (text === undefined || !isMainThread()) return { info: { role: "none" }, invalid: false };
  const letter = parseLetter(text);
  if (letter === undefined) return { info: { role: "none" }, invalid: true };
  const { from, ...info } = letter;
  // A rehearsal starts nothing that could inherit this. It ends, even if its sender has already
  // ended.
  const isOurs = isNear(from) || info.rehearsal === true;
  return { info: isOurs ? info : { role: "none" }, invalid: false };
}

/**
 * What this process was told when it was started.
 *
 * @throws {GoerError} `GOER_SUPERVISOR` if it is invalid.
 */
export function startInfo(): StartInfo {
  if (!start.invalid) return start.info;
  throw new GoerError(
    "GOER_SUPERVISOR",
    `Cannot read the role of this process: ${START_VARIABLE} is not valid. Unset it`,
  );
}

/** The identity of this process: without a supervisor, the only worker of its own site. */
export function workerIdentity(): WorkerIdentity {
  return startInfo().worker ?? processWide("alone", () => {
    return { site: crypto.randomUUID(), id: 0, slot: 0, generation: 0 };
  });
}

/** The descriptors for a process with this start information. */
export function descriptorsIn({ channel, worker }: StartInfo): number[] {
  const sockets = worker?.services.flatMap((service) => service.sockets) ?? [];
  return channel === undefined ? sockets : [channel, ...sockets];
}

/** The variable with the start information, for a child or the next program of this process. */
export function startVariable(info: StartInfo): Record<string, string> {
  return { [START_VARIABLE]: JSON.stringify({ from: ownProcessId(), ...info }) };
}
