/**
 * Handing all over to another image of the supervisor: in this process, or in one that comes after it.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { ownsFile, takeOverFile } from "../../runtime/files/claim.ts";
import type { Descriptors } from "../../runtime/descriptors.ts";
import { removeFile } from "../../runtime/files/file_system.ts";
import type { ControlServer } from "../ipc/control_server.ts";
import type { WorkerPool } from "../workers/worker_pool.ts";
import {
  descriptorsOf,
  renumbered,
  type SavedState,
  type SavedWorker,
  writeSavedState,
} from "./saved_state.ts";
import { delay, within } from "../../runtime/process/native_timer.ts";
import type { ChildProcess } from "../../runtime/process/process.ts";
import type { Output } from "../output/output.ts";
import { prepareDirectory, type RuntimeDirectory } from "../directory/runtime_directory.ts";
import type { ServiceSocket, SocketTable } from "../sockets/socket_table.ts";
import { NewSupervisor, type NewSupervisorStart } from "./new_supervisor.ts";

/**
 * How long those may hold up the end of this image, in ms, who do not read its replies or its output, or
 * who hold the output of a worker that has ended.
 */
export const FAREWELL_TIMEOUT = 500;

/** How long a signal that has come may take to be heard, in ms: no runtime tells that none is left. */
const SIGNAL_TIME = 10;

/** What is handed over, and by whom. */
export interface TakeoverOptions {
  directory: RuntimeDirectory;
  /** Nobody waits for this process: it may end when another has taken over. */
  detached: boolean;
  descriptors?: Descriptors;
  sockets?: SocketTable;
  pool: WorkerPool;
  control: ControlServer;
  output: Output;
  /** What the next image goes on with: it starts afresh where this is `undefined`. */
  save?: (workers: SavedWorker[]) => SavedState;
  /** Aborted when something else goes first: a stop. */
  cancelled: AbortSignal;
  /** True once a stop is done: this process ends. */
  isOver(): boolean;
  /** Another process is about to take over: signals that come from here on are for that one. */
  onLeaving(): void;
  /** Another process has taken over: this one decides nothing any more. */
  onTakenOver(successor: ChildProcess): void;
}

/**
 * Becomes another image, or ends when another process has taken over: settles only where neither
 * happens.
 *
 * @throws {GoerError} If no other image takes over. The control socket is closed then.
 */
export async function handOver(options: TakeoverOptions): Promise<void> {
  const { directory, detached, descriptors, sockets, pool, control } = options;
  const successor = new NewSupervisor(directory, detached);
  await rehearse(options, successor);
  await pool.leave();
  if (options.cancelled.aborted) return pool.stay();
  // Whoever connects from here on waits for the next image.
  const closed = [control.close(), control.endAll(), options.output.idle];
  await within(FAREWELL_TIMEOUT, Promise.all(closed));
  refuseCancelled(options);
  options.output.leave();
  const saved = options.save?.(pool.save());
  const kept = saved ?? { sockets: sockets?.save() ?? {}, workers: [] };
  const open = descriptorsOf(kept);
  if (saved) writeSavedState(directory.state, saved);
  // A signal that came before this image leaves is heard now; a later one must not be lost with it.
  descriptors?.holdSignals();
  try {
    await delay(SIGNAL_TIME);
    refuseCancelled(options);
    if (
      descriptors?.canExecute(open) && (descriptors.capabilities.reaps || pool.workers.size === 0)
    ) {
      successor.execute(descriptors, open, startOf(options, kept.sockets));
    }
  } finally {
    descriptors?.acceptSignals();
  }
  // Where no image can be executed in place, a new process takes over.
  options.onLeaving();
  const { descriptors: inherited, ...handed } = renumbered(kept);
  if (saved) writeSavedState(directory.state, { ...saved, ...handed });
  const child = await successor.spawn(inherited, startOf(options, handed.sockets), options.output);
  options.onTakenOver(child);
  sockets?.release();
  pool.release();
  await successor.follow(child);
}

function refuseCancelled({ cancelled }: TakeoverOptions): void {
  if (!cancelled.aborted) return;
  throw new GoerError("GOER_SUPERVISOR", "The supervisor is stopping");
}

/** What can fail is tried before anything is given up: that a state can be left, and taken. */
async function rehearse(
  { directory, save, cancelled }: TakeoverOptions,
  successor: NewSupervisor,
): Promise<void> {
  if (save) writeSavedState(directory.state, save([]));
  const found = save ? { state: directory.state } : { succeeds: true };
  try {
    await successor.rehearse(found, cancelled);
  } finally {
    removeFile(directory.state);
  }
}

function startOf(
  { directory, save }: TakeoverOptions,
  sockets: Record<string, ServiceSocket>,
): NewSupervisorStart {
  if (save) return { state: directory.state };
  const given = Object.values(sockets).map(({ adopted: name = "", socket }) => {
    return { name, descriptor: socket.descriptor };
  });
  return { succeeds: true, sockets: given.length > 0 ? given : undefined };
}

/** This image goes on after all, unless a stop has gone before: then it leaves no file. */
export async function takeBack(options: TakeoverOptions): Promise<void> {
  const { directory, control, pool, isOver } = options;
  if (isOver()) return;
  pool.stay();
  removeFile(directory.state);
  prepareDirectory(directory);
  // A full disk may be why: nothing is written that need not be.
  if (!ownsFile(directory.pidFile)) takeOverFile(directory.pidFile);
  await control.listen(directory.control);
  if (isOver()) await control.close();
}
