/**
 * The directory of a supervisor's control socket and pid file, which only its user can access.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { isDenied } from "../../runtime/errors.ts";
import { fileExists, isAbsolute, joinPath } from "../../runtime/files/file_system.ts";
import { environmentVariable } from "../../runtime/process/environment.ts";
import { userId } from "../../runtime/process/process.ts";
import { MAX_UNIX_PATH } from "../../runtime/sockets/socket_address.ts";
import {
  type TrustedPath,
  trustedPath,
  type TrustOptions,
  UntrustedPathError,
} from "../../runtime/files/trusted_path.ts";

/** The files in a runtime directory. */
export interface RuntimeDirectory {
  readonly path: string;
  /** The socket for commands. */
  readonly control: string;
  readonly pidFile: string;
  /** The saved state for a new supervisor. */
  readonly state: string;
  /** The default log file of a daemon. */
  readonly log: string;
}

/**
 * The runtime directory of the app with this name, without checking it.
 *
 * @throws {GoerError} If its path is too long for the control socket.
 */
export function runtimeDirectory(name: string, path?: string): RuntimeDirectory {
  const directory = path ?? joinPath(baseDirectory(), name);
  const control = joinPath(directory, "control.sock");
  const size = new TextEncoder().encode(control).length;
  if (size > MAX_UNIX_PATH) {
    const most = MAX_UNIX_PATH - (size - new TextEncoder().encode(directory).length);
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      `Cannot use the runtime directory: ${directory} is longer than ${most} bytes, the limit ` +
        "that leaves room for the socket in it. Choose another one with --runtime-dir",
    );
  }
  return {
    path: directory,
    control,
    pidFile: joinPath(directory, "goer.pid"),
    state: joinPath(directory, "state.json"),
    log: joinPath(directory, "goer.log"),
  };
}

/** The folder of the runtime directories of this user's apps. */
export function baseDirectory(): string {
  const own = environmentVariable("XDG_RUNTIME_DIR");
  if (own && isAbsolute(own)) return joinPath(own, "goer");
  if (userId() === 0 && fileExists("/run")) return "/run/goer";
  return `/tmp/goer-${userId()}`;
}

/**
 * Creates the directory if necessary, and checks that only its user can access it.
 *
 * @throws {GoerError} If another user could create files in it or replace it.
 */
export function prepareDirectory({ path }: RuntimeDirectory): void {
  checkOwnership(path, { create: true });
}

/**
 * Checks an existing directory: only its user may access it.
 *
 * @throws {GoerError} If another user could create files in it or replace it.
 */
export function checkDirectory({ path }: RuntimeDirectory): void {
  checkOwnership(path, {});
}

function checkOwnership(path: string, options: TrustOptions): void {
  let found: TrustedPath | undefined;
  try {
    found = trustedPath(path, options);
  } catch (cause) {
    const untrusted = cause instanceof UntrustedPathError || isDenied(cause);
    const reason = cause instanceof Error ? cause.message : cause;
    throw new GoerError(
      untrusted ? "GOER_PERMISSION_DENIED" : "GOER_SUPERVISOR",
      `Cannot use the runtime directory: ${path} (${reason})`,
      { cause },
    );
  }
  if (found === undefined) return;
  const { directory, owner, mode } = found;
  const fault = !directory
    ? "is not a directory"
    : owner !== userId()
    ? `belongs to user ${owner}`
    : mode & 0o066
    ? `can be read or written by others (mode ${mode.toString(8)})`
    : undefined;
  if (fault === undefined) return;
  throw new GoerError(
    "GOER_PERMISSION_DENIED",
    `Cannot use the runtime directory: ${path} ${fault}`,
  );
}
