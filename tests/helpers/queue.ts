/**
 * The accept queues of listening sockets.
 *
 * @module
 */

/**
 * The queue size of a socket that listens on a host and port or a path, according to the system.
 */
export async function queueOf(place: string): Promise<number> {
  const { stdout } = await new Deno.Command("ss", { args: ["-ltxnH"] }).output();
  const line = new TextDecoder().decode(stdout).split("\n")
    .find((line) => line.includes("LISTEN") && line.split(/\s+/).includes(place));
  if (line === undefined) throw new Error(`Nothing listens on ${place}`);
  return Number(/LISTEN\s+\d+\s+(\d+)/.exec(line)![1]);
}
