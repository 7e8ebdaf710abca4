/**
 * Hands over to a new supervisor: in this process, or in a new one.
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
import type { ChildProcess } from "../../runtime/process/child.ts";
import type { Output } from "../output/output.ts";
import { prepareDirectory, type RuntimeDirectory } from "../directory/runtime_directory.ts";
import type { ServiceSocket, SocketTable } from "../sockets/socket_table.ts";
import { NewSupervisor, type NewSupervisorStart } from "./new_supervisor.ts";

/**
 * How long this supervisor waits before it ends, in ms, for clients that do not read its replies or
 * output, and for processes that hold the output of an ended worker.
 */
export const FAREWELL_TIMEOUT = 500;

/** How long a received signal may take to be delivered, in ms. No runtime has an event for this. */
const SIGNAL_TIME = 10;

/** Options of the takeover. */
export interface TakeoverOptions {
  directory: RuntimeDirectory;
  /** True if no process waits for this one: it may end when another has taken over. */
  detached: boolean;
  descriptors?: Descriptors;
  sockets?: SocketTable;
  pool: WorkerPool;
  control: ControlServer;
  output: Output;
  /** Returns the saved state for the next supervisor. If `undefined`, it starts afresh. */
  save?: (workers: SavedWorker[]) => SavedState;
  /** Aborted if something else has priority: a stop. */
  cancelled: AbortSignal;
  /** True once a stop is done: this process ends. */
  isOver(): boolean;
  /** From here on, only the next supervisor writes to the output. */
  onQuiet(): void;
  /** Another process is about to take over: signals from here on are meant for it. */
  onLeaving(): void;
  /** Another process has taken over: this one decides nothing any more. */
  onTakenOver(successor: ChildProcess): void;
}

/**
 * Executes the new supervisor, or ends when another process has taken over. Settles only if neither
 * happens.
 *
 * @throws {GoerError} If no supervisor takes over. The control socket is closed then.
 */
export async function handOver(options: TakeoverOptions): Promise<void> {
  const { directory, detached, descriptors, sockets, pool, control } = options;
  const successor = new NewSupervisor(directory, detached);
  await rehearse(options, successor);
  await pool.leave();
  if (options.cancelled.aborted) return pool.stay();
  options.onQuiet();
  // Clients that connect from here on wait for the next supervisor.
  const closed = [control.close(), control.endAll(), options.output.idle];
  await within(FAREWELL_TIMEOUT, Promise.all(closed));
  refuseCancelled(options);
  options.output.leave();
  const saved = options.save?.(pool.save());
  const kept = saved ?? { sockets: sockets?.save() ?? {}, workers: [] };
  const open = descriptorsOf(kept);
  if (saved) writeSavedState(directory.state, saved);
  // A signal from before is delivered now, and a later one must not be lost with this supervisor.
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
  // If the runtime cannot execute in place, a new process takes over.
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

/** Before anything is given up, checks what can fail: saving the state, and loading it. */
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

/** This supervisor continues, unless a stop has priority: then it leaves no file. */
export async function takeBack(options: TakeoverOptions): Promise<void> {
  const { directory, control, pool, isOver } = options;
  if (isOver()) return;
  pool.stay();
  removeFile(directory.state);
  prepareDirectory(directory);
  // A full disk may be the reason, so nothing unnecessary is written.
  if (!ownsFile(directory.pidFile)) takeOverFile(directory.pidFile);
  await control.listen(directory.control);
  if (isOver()) await control.close();
}
