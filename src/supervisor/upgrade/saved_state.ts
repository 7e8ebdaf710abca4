/**
 * What a supervisor leaves for the next one: the descriptors of sockets and channels, the process
 * ids of workers, and the state of the state machine.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import type { ProcessRecord } from "../../runtime/files/claim.ts";
import type { OpenSocket } from "../../runtime/descriptors.ts";
import { readText, removeFile, replaceText } from "../../runtime/files/file_system.ts";
import { CHANNEL_DESCRIPTOR } from "../../runtime/process/child.ts";
import type { SocketFile } from "../../runtime/sockets/socket_file.ts";
import {
  flag,
  integer,
  listOf,
  mapOf,
  name,
  number,
  oneOf,
  optional,
  parseShaped,
  record,
} from "../../shapes.ts";
import { MAX_LINE_SIZE } from "../../line_splitter.ts";
import type { LogFormat } from "../../log_record.ts";
import { DESCRIPTOR, startInfo } from "../../start_info.ts";
import { MAX_FRAME_SIZE } from "../ipc/channel.ts";
import type { MachineState, WorkerRecord } from "../machine/events.ts";
import type { Layout, WorkerGroup } from "../machine/layout.ts";
import { APP_MANIFEST, PORT, SOCKET_ADDRESS } from "../ipc/message_shapes.ts";
import type { SavedOutput, SavedPipe } from "../output/output_reader.ts";
import { APP_TOTALS, type AppTotals } from "../workers/totals.ts";
import type { ServiceSocket } from "../sockets/socket_table.ts";

/** The state of a worker. */
export interface SavedWorker extends ProcessRecord {
  id: number;
  startedAt: number;
  addresses: Record<string, string>;
  /** True if it has reported that it is ready. */
  ready: boolean;
  /** The services for which it opens sockets of its own, and whether it has closed them. */
  ownSockets?: string[];
  released?: boolean;
  /** The descriptor of this side of its channel; undefined if the channel is closed. */
  channel?: number;
  /** The received part of a frame. */
  received?: number[];
  output?: SavedOutput;
}

/** The whole state. */
export interface SavedState {
  machine: MachineState;
  sockets: Record<string, ServiceSocket>;
  workers: SavedWorker[];
  /** When the first supervisor was started, in ms since 1970. */
  startedAt: number;
  /** The log file, if output goes to one. */
  logFile?: string;
  logFormat?: LogFormat;
  /** See {@linkcode StartInfo.worker}. */
  site?: string;
  /** Lost lines of output that have not been reported. */
  lostLines?: number;
  /** The counters of workers that have ended. */
  totals?: AppTotals;
}

const COUNT = integer();

const REST = listOf(integer(0, 255), MAX_LINE_SIZE);

const LAYOUT = record<Layout>({
  app: APP_MANIFEST,
  groups: listOf(record<WorkerGroup>({
    key: name,
    workers: integer(1),
    services: listOf(name),
    user: name,
    group: name,
  })),
});

const SAVED_STATE = record<SavedState>({
  machine: record<MachineState>({
    layout: LAYOUT,
    generation: COUNT,
    nextWorker: COUNT,
    reloads: COUNT,
    upgrades: COUNT,
    workers: listOf(record<WorkerRecord>({
      id: integer(1),
      group: name,
      slot: COUNT,
      generation: COUNT,
      state: oneOf("starting", "prepared", "opening", "ready", "draining"),
    })),
    signalled: optional(listOf(oneOf("reload", "upgrade", "restart", "stop", "wait"))),
  }),
  sockets: mapOf(record<ServiceSocket>({
    address: SOCKET_ADDRESS,
    socket: record<OpenSocket>({ descriptor: DESCRIPTOR, port: PORT }),
    backlog: optional(COUNT),
    file: optional(record<SocketFile>({ path: name, identity: name })),
    adopted: optional(name),
    steered: optional(flag),
  })),
  workers: listOf(record<SavedWorker>({
    id: integer(1),
    pid: integer(2, 2 ** 31 - 1),
    started: name,
    startedAt: number,
    addresses: mapOf(name),
    ready: flag,
    ownSockets: optional(listOf(name)),
    released: optional(flag),
    channel: optional(DESCRIPTOR),
    received: optional(listOf(integer(0, 255), MAX_FRAME_SIZE + 4)),
    output: optional(record<SavedOutput>({
      rest: REST,
      pipes: listOf(record<SavedPipe>({ descriptor: DESCRIPTOR, rest: REST })),
    })),
  })),
  startedAt: number,
  logFile: optional(name),
  logFormat: optional(oneOf("text", "json")),
  site: optional(name),
  lostLines: optional(COUNT),
  totals: optional(APP_TOTALS),
});

/** Writes a saved state to `path`. */
export function writeSavedState(path: string, saved: SavedState): void {
  replaceText(path, JSON.stringify(saved));
}

/**
 * Reads the state that this process was started with, if any. Only the first call returns it.
 *
 * @throws {GoerError} `GOER_SUPERVISOR` if it is invalid.
 */
export function takeSavedState(): SavedState | undefined {
  const { state, rehearsal } = startInfo();
  try {
    return readSavedState();
  } finally {
    if (state !== undefined && !rehearsal) removeFile(state);
  }
}

function readSavedState(): SavedState | undefined {
  const path = startInfo().state;
  const text = path === undefined ? undefined : readText(path);
  return path === undefined || text === undefined ? undefined : parseSavedState(text, path);
}

/** The descriptors in the saved state of this process, or of the program that it executes. */
export function savedDescriptors(): number[] {
  const saved = readSavedState();
  return saved === undefined ? [] : descriptorsOf(saved);
}

/**
 * Reads a saved state.
 *
 * @throws {GoerError} `GOER_SUPERVISOR` if it is invalid.
 */
export function parseSavedState(text: string, path: string): SavedState {
  const saved = parseShaped(text, SAVED_STATE);
  if (saved !== undefined) return saved;
  throw new GoerError(
    "GOER_SUPERVISOR",
    `Cannot continue from the previous supervisor: its state in "${path}" is not valid. Stop the app and start it again`,
  );
}

/** The state for a child that inherits its channel and the descriptors, in this order. */
export function renumbered(
  saved: Pick<SavedState, "sockets" | "workers">,
): Pick<SavedState, "sockets" | "workers"> & { descriptors: number[] } {
  const descriptors: number[] = [];
  const inherit = (descriptor: number) => {
    descriptors.push(descriptor);
    return CHANNEL_DESCRIPTOR + descriptors.length;
  };
  const sockets = Object.entries(saved.sockets).map(([key, service]) => {
    const socket = { ...service.socket, descriptor: inherit(service.socket.descriptor) };
    return [key, { ...service, socket }] as const;
  });
  const workers = saved.workers.map((worker) => ({
    ...worker,
    channel: worker.channel === undefined ? undefined : inherit(worker.channel),
    output: worker.output && {
      ...worker.output,
      pipes: worker.output.pipes.map((pipe) => ({
        ...pipe,
        descriptor: inherit(pipe.descriptor),
      })),
    },
  }));
  return { sockets: Object.fromEntries(sockets), workers, descriptors };
}

/** The descriptors that the next supervisor of this process needs. */
export function descriptorsOf(
  { sockets, workers }: Pick<SavedState, "sockets" | "workers">,
): number[] {
  return [
    ...Object.values(sockets).map(({ socket }) => socket.descriptor),
    ...workers.flatMap(({ channel }) => channel ?? []),
    ...workers.flatMap(({ output }) => output?.pipes.map(({ descriptor }) => descriptor) ?? []),
  ];
}
