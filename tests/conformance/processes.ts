/**
 * Processes that are given less, or more, than others: a socket, fewer rights.
 *
 * @module
 */

import { RUNTIMES } from "../helpers/runtimes.ts";
import { which } from "../tools.ts";

/** The command before a command that gives it a listening socket as descriptor 3. */
export async function withListeningSocket(): Promise<string[]> {
  const node = RUNTIMES.find(({ name }) => name === "node");
  if (node === undefined) throw new Error("Node is needed to hand a socket over");
  return await node.command("tests/helpers/with_socket.ts");
}

/**
 * The command before a command that takes the right to open ports below 1024 away; `undefined` where
 * the system leaves these ports to everyone, or the right cannot be taken away.
 */
export async function withoutPrivilegedPorts(): Promise<string[] | undefined> {
  const first = await Deno.readTextFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    .catch(() => "1024");
  if (Number(first) <= 81) return undefined;
  if (Deno.uid() !== 0) return [];
  const setpriv = await which("setpriv");
  return setpriv === undefined ? undefined : [setpriv, "--bounding-set=-net_bind_service"];
}
