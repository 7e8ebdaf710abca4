/**
 * The files of Unix sockets: checks what is at the path of a new one, and recognizes its own.
 * Services of this process and of a supervisor use them in the same way.
 *
 * @module
 */

import { lstatSync, renameSync } from "node:fs";
import { connect } from "node:net";
import { GoerError } from "../../errors.ts";
import { claimFile } from "../files/claim.ts";
import { listenError } from "../errors.ts";
import { runtime } from "../mod.ts";
import { dirname, hasCode, removeFile, temporaryName } from "../files/file_system.ts";

/** The file of a socket that was opened here. */
export interface SocketFile {
  readonly path: string;
  /** Device and inode, which another file at the path does not share. */
  readonly identity: string;
}

/**
 * Opens a socket at `path`, where nothing exists, or a socket that no process serves any more.
 *
 * A socket that is bound and not listening yet looks unused. So only the process that has claimed
 * `<path>.lock` does all of this. If several try at the same time, the others fail.
 *
 * @param address The socket's address, for errors.
 * @param open Binds the socket and listens.
 * @returns What `open` returned, and the file.
 * @throws {GoerError} If another process listens, another file is in the way, or the socket cannot
 * be created.
 */
export async function openSocketFile<T>(
  path: string,
  address: string,
  open: () => T | Promise<T>,
): Promise<{ opened: T; file: SocketFile }> {
  const lock = `${path}.lock`;
  if (!claimLock(lock, address)) throw inUse(address);
  try {
    if (findSocket(path, address)) await removeDeadSocket(path, address);
    const opened = await open();
    return { opened, file: socketFileAt(path) };
  } finally {
    removeFile(lock);
  }
}

/** The first file that is created in the folder: it shows whether files can be created. */
function claimLock(lock: string, address: string): boolean {
  try {
    return claimFile(lock).holder === undefined;
  } catch (cause) {
    const folder = dirname(lock);
    if (hasCode(cause, "ENOENT", "ENOTDIR")) {
      throw new GoerError(
        "GOER_LISTEN_FAILED",
        `Cannot listen on ${address}: the folder ${folder} does not exist. Create it or choose another path`,
        { cause },
      );
    }
    if (!hasCode(cause, "EACCES", "EPERM", "EROFS")) throw listenError(cause, address);
    throw new GoerError(
      "GOER_PERMISSION_DENIED",
      `Cannot listen on ${address}: this user cannot write to the folder ${folder}`,
      { cause },
    );
  }
}

/**
 * Removes what is at `path`, in a folder where only this process creates files: a socket that was
 * left behind, or a link or file that has replaced it.
 *
 * @throws {GoerError} `GOER_ADDRESS_IN_USE` if it is a folder.
 */
export function clearSocketPath(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) findSocket(path, `unix:${path}`);
  else if (found !== undefined) removeFile(path);
}

function findSocket(path: string, address: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSocket()) return found !== undefined;
  throw new GoerError(
    "GOER_ADDRESS_IN_USE",
    `Cannot listen on ${address}: the path is a file that is not a socket. Remove it or choose another path`,
  );
}

async function removeDeadSocket(path: string, address: string): Promise<void> {
  const answer = await connectOnce(path);
  if (answer === "ENOENT") return;
  // Only a refusal means that no process listens. A full queue, for example, means that one does.
  if (answer !== "ECONNREFUSED") throw inUse(address);
  removeFile(path);
}

function inUse(address: string): GoerError {
  return new GoerError(
    "GOER_ADDRESS_IN_USE",
    `Cannot listen: another process serves ${address}. Stop it or choose another path`,
  );
}

/** The system's answer to a connection to `path`: an error's code, empty if it is accepted. */
async function connectOnce(path: string): Promise<string> {
  const answer = (await runtime.loadDescriptors())?.connectOnce(path);
  if (answer !== undefined) return answer;
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("");
    });
    socket.once("error", (error: Error & { code?: string }) => resolve(error.code ?? "unknown"));
  });
}

/** The file of the socket that has just been opened at `path`. */
export function socketFileAt(path: string): SocketFile {
  return { path, identity: identityOf(path) ?? "" };
}

/**
 * Closes a socket and removes its file. If another file has replaced it, that file is moved away
 * meanwhile.
 *
 * @param close Removes whatever is at the path, as the runtimes do, then closes the socket. If that
 * takes time, it returns a promise.
 */
export function closeSocketFile(
  { path, identity }: SocketFile,
  close: () => void | Promise<void>,
): void | Promise<void> {
  // While the socket is open, no other file has its inode.
  if (identityOf(path) === identity) return close();
  const aside = temporaryName(path);
  if (!rename(path, aside)) return close();
  const putBack = () => void rename(aside, path);
  const closing = close();
  return closing === undefined ? putBack() : closing.then(putBack);
}

/** False if it fails: then the file cannot be removed either, or does not exist. */
function rename(path: string, name: string): boolean {
  try {
    renameSync(path, name);
    return true;
  } catch {
    return false;
  }
}

function identityOf(path: string): string | undefined {
  const facts = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return facts && `${facts.dev}:${facts.ino}`;
}
