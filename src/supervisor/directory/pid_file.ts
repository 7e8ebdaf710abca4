/**
 * The pid file: a lock that allows one supervisor per runtime directory, from its start to its end,
 * including upgrades.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { type Claim, claimFile, isOwn, takeOverFile } from "../../runtime/files/claim.ts";
import { parentProcessId } from "../../runtime/process/process.ts";

/**
 * Makes this process the supervisor of the pid file, unless another one is running.
 *
 * @param succeeds True if the previous supervisor started this process to replace it.
 * @throws {GoerError} If the file cannot be written, for example on a full disk.
 */
export function claimPidFile(path: string, succeeds: boolean): Claim {
  const claim = claimOnDisk(path);
  if (claim.holder === undefined) return claim;
  // This process has claimed it before it executed a new program.
  if (isOwn(claim.holder)) return { stale: false };
  if (!succeeds || claim.holder.pid !== parentProcessId()) return claim;
  takeOverFile(path);
  return { stale: false };
}

function claimOnDisk(path: string): Claim {
  try {
    return claimFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new GoerError(
      "GOER_SUPERVISOR",
      `Cannot write the pid file: ${path} (${reason}). Choose another directory with --runtime-dir`,
      { cause },
    );
  }
}
