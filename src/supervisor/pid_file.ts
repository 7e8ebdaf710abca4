/**
 * The pid file: the lock that lets one supervisor run per runtime directory, from its start to its end
 * and over upgrades.
 *
 * @module
 */

import { type Claim, claimFile, isOwn, takeOverFile } from "../runtime/claim.ts";
import { parentProcessId } from "../runtime/process.ts";

/**
 * Makes this process the supervisor that the file names, unless another one is running.
 *
 * @param succeeds This process was started by the supervisor that it follows, and takes its place.
 */
export function claimPidFile(path: string, succeeds: boolean): Claim {
  const claim = claimFile(path);
  if (claim.holder === undefined) return claim;
  // An earlier image of this process has claimed it.
  if (isOwn(claim.holder)) return { stale: false };
  if (!succeeds || claim.holder.pid !== parentProcessId()) return claim;
  takeOverFile(path);
  return { stale: false };
}
