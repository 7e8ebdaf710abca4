/**
 * The queues of sockets that listen.
 *
 * @module
 */

/** The size of the queue of a socket that listens at a host and port or a path, as the system tells it. */
export async function queueOf(place: string): Promise<number> {
  const { stdout } = await new Deno.Command("ss", { args: ["-ltxnH"] }).output();
  const line = new TextDecoder().decode(stdout).split("\n")
    .find((line) => line.includes("LISTEN") && line.split(/\s+/).includes(place));
  if (line === undefined) throw new Error(`Nothing listens on ${place}`);
  return Number(/LISTEN\s+\d+\s+(\d+)/.exec(line)![1]);
}
