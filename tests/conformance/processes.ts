/**
 * Processes with special conditions: an inherited socket, fewer permissions.
 *
 * @module
 */

import { RUNTIMES } from "../helpers/runtimes.ts";
import { which } from "../tools.ts";

/** The words before a command that give it a listening socket as descriptor 3. */
export async function withListeningSocket(): Promise<string[]> {
  const node = RUNTIMES.find(({ name }) => name === "node");
  if (node === undefined) throw new Error("Node is needed to hand a socket over");
  return await node.command("tests/helpers/with_socket.ts");
}

/**
 * The words before a command that remove the permission to open ports below 1024; `undefined` if
 * everyone may open these ports, or the permission cannot be removed.
 */
export async function withoutPrivilegedPorts(): Promise<string[] | undefined> {
  const first = await Deno.readTextFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    .catch(() => "1024");
  if (Number(first) <= 81) return undefined;
  if (Deno.uid() !== 0) return [];
  const setpriv = await which("setpriv");
  return setpriv === undefined ? undefined : [setpriv, "--bounding-set=-net_bind_service"];
}
