/**
 * The file of a Unix socket: one that nobody serves any more stands in the way of the next.
 *
 * @module
 */

import { lstatSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { GoerError } from "../errors.ts";

/**
 * Makes `path` free for a new socket: removes a socket that nobody serves.
 *
 * @throws {GoerError} Where something else is there, or somebody serves the socket.
 */
export async function clearSocketFile(path: string): Promise<void> {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return;
  if (!file.isSocket()) {
    throw new GoerError(
      "GOER_ADDRESS_IN_USE",
      `Cannot listen on unix:${path}: there is a file that is not a socket. Remove it or choose ` +
        "another path",
    );
  }
  if (await isServed(path)) {
    throw new GoerError(
      "GOER_ADDRESS_IN_USE",
      `Cannot listen on unix:${path}: another process does already. Stop it or choose another path`,
    );
  }
  rmSync(path, { force: true });
}

/** Removes the file of a socket that is closed. */
export function removeSocketFile(path: string): void {
  rmSync(path, { force: true });
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // Only a refusal says that nobody is there: a full queue, say, is somebody's.
    socket.once("error", (error: Error & { code?: string }) => {
      resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
    });
  });
}
