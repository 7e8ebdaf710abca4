/**
 * The pid file: the lock that lets one supervisor run per runtime directory, from its start to its end
 * and over upgrades.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { type Claim, claimFile, isOwn, takeOverFile } from "../../runtime/files/claim.ts";
import { parentProcessId } from "../../runtime/process/process.ts";

/**
 * Makes this process the supervisor that the file names, unless another one is running.
 *
 * @param succeeds This process was started by the supervisor that it follows, and takes its place.
 * @throws {GoerError} If the file cannot be written: the disk is full, say, or a directory is there.
 */
export function claimPidFile(path: string, succeeds: boolean): Claim {
  const claim = claimOnDisk(path);
  if (claim.holder === undefined) return claim;
  // An earlier image of this process has claimed it.
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
