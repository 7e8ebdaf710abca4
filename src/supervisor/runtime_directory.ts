/**
 * Where a supervisor keeps its control socket and its pid file: a directory of its user's alone.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { isDenied } from "../runtime/errors.ts";
import { createDirectory, fileExists, inspectDirectory, joinPath } from "../runtime/files.ts";
import { environmentVariable, userId } from "../runtime/process.ts";

/** The files in a runtime directory. */
export interface RuntimeDirectory {
  readonly path: string;
  /** Commands and workers connect here. */
  readonly control: string;
  /** Workers of another user connect to theirs, and are heard there as workers only. */
  controlOfUser(uid: number): string;
  readonly pidFile: string;
  /** What a new image goes on with. */
  readonly state: string;
  /** Where a daemon logs to that was told nothing else. */
  readonly log: string;
}

/** The runtime directory of the app of this name, not looked at yet. */
export function runtimeDirectory(name: string, path?: string): RuntimeDirectory {
  const directory = path ?? joinPath(baseDirectory(), name);
  return {
    path: directory,
    control: joinPath(directory, "control.sock"),
    controlOfUser: (uid) => joinPath(directory, `worker-${uid}.sock`),
    pidFile: joinPath(directory, "goer.pid"),
    state: joinPath(directory, "state.json"),
    log: joinPath(directory, "goer.log"),
  };
}

function baseDirectory(): string {
  const own = environmentVariable("XDG_RUNTIME_DIR");
  if (own) return joinPath(own, "goer");
  if (userId() === 0 && fileExists("/run")) return "/run/goer";
  return `/tmp/goer-${userId()}`;
}

/**
 * Creates the directory where there is none, and makes sure that it is nobody else's.
 *
 * @throws {GoerError} Where another user could have put something there.
 */
export function prepareDirectory(directory: RuntimeDirectory): void {
  try {
    createDirectory(directory.path, 0o700);
  } catch (cause) {
    const code = isDenied(cause) ? "GOER_PERMISSION_DENIED" : "GOER_SUPERVISOR";
    const reason = cause instanceof Error ? cause.message : cause;
    const text = `Cannot create the runtime directory: ${directory.path} (${reason})`;
    throw new GoerError(code, text, { cause });
  }
  const above = inspectDirectory(joinPath(directory.path, ".."));
  // Whoever owns the directory above could put another one in this one's place.
  if (above.owner !== 0 && above.owner !== userId()) {
    throw refused(directory.path, `stands in a directory of user ${above.owner}`);
  }
  const { directory: isDirectory, owner, mode } = inspectDirectory(directory.path);
  const fault = !isDirectory
    ? "is no directory"
    : owner !== userId()
    ? `belongs to user ${owner}`
    : mode & 0o066
    ? `can be read or written by others (mode ${mode.toString(8)})`
    : undefined;
  if (fault !== undefined) throw refused(directory.path, fault);
}

function refused(path: string, fault: string): GoerError {
  return new GoerError(
    "GOER_PERMISSION_DENIED",
    `Cannot use the runtime directory: ${path} ${fault}`,
  );
}
