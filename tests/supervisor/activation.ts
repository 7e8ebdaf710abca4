/**
 * Sockets that another process opens for a program, like systemd.
 *
 * @module
 */

import { which } from "../tools.ts";
import { Running } from "./processes.ts";

/** Opens listening sockets, then executes another program, which has them from descriptor 3. */
const ACTIVATE = `
import os, socket, sys
names, addresses, words = sys.argv[1], sys.argv[2].split(","), sys.argv[3:]
opened = []
for address in addresses:
    one = socket.socket(socket.AF_UNIX if "/" in address else socket.AF_INET)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(address if "/" in address else ("127.0.0.1", int(address)))
    one.listen(64)
    opened.append(one)
for index, one in enumerate(opened):
    os.dup2(one.fileno(), 100 + index)
for index in range(len(opened)):
    os.dup2(100 + index, 3 + index)
    os.close(100 + index)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(opened)), LISTEN_FDNAMES=names)
os.execvp(words[0], words)
`;

/** Python opens the sockets. */
export const python: string | undefined = await which("python3");

/** Why a test that needs it cannot run. */
export const NO_PYTHON: string | undefined = python === undefined
  ? "there is no python3"
  : undefined;

/**
 * Runs a program with listening sockets.
 *
 * @param names Their names from the service manager, separated by colons.
 * @param addresses Ports and paths, separated by commas.
 */
export function activated(words: string[], names: string, addresses: string): Running {
  return new Running([python!, "-c", ACTIVATE, names, addresses, ...words]);
}
