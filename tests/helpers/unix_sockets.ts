/**
 * Helpers for Unix sockets.
 *
 * @module
 */

import { Socket } from "./socket.ts";

/** Creates a socket file that no process serves. */
export function leaveSocket(path: string): void {
  const listener = Deno.listen({ transport: "unix", path });
  Deno.renameSync(path, `${path}.kept`);
  listener.close();
  Deno.renameSync(`${path}.kept`, path);
}

/** A socket at `path` whose queue is full. */
export class FullSocket implements Disposable {
  readonly #listener: Deno.Listener;
  readonly #waiting: Deno.Conn[];

  private constructor(listener: Deno.Listener, waiting: Deno.Conn[]) {
    this.#listener = listener;
    this.#waiting = waiting;
  }

  static async open(path: string): Promise<FullSocket> {
    const listener = Deno.listen({ transport: "unix", path });
    const waiting: Deno.Conn[] = [];
    try {
      while (true) waiting.push(await Deno.connect({ transport: "unix", path }));
    } catch {
      return new FullSocket(listener, waiting);
    }
  }

  [Symbol.dispose](): void {
    for (const connection of this.#waiting) connection.close();
    this.#listener.close();
  }
}

/** Sends a line to an echo service. */
export async function echoes(address: string): Promise<boolean> {
  using socket = await Socket.connect(address);
  await socket.send("echo\n");
  return await socket.text(5) === "echo\n";
}

/** The names in a folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

/**
 * The path with which Deno connects to an abstract name, such as `@name`: older versions of Node
 * pad it with zeros.
 */
export async function abstractPath(name: string): Promise<string> {
  const sockets = await Deno.readTextFile("/proc/net/unix");
  const found = sockets.split("\n").find((line) => line.includes(` ${name}`));
  return found?.slice(found.indexOf(name)).replaceAll("@", "\0") ?? "";
}
