/**
 * A client of a service with lines.
 *
 * @module
 */

import { inTime } from "../helpers/wait.ts";

/** Connects, and returns the lines that arrive. */
export async function client(address: string): Promise<{ line(): Promise<string> } & Disposable> {
  const { hostname, port } = new URL(address.replace(/^\w+/, "http"));
  const connection = await Deno.connect({ hostname, port: Number(port) });
  let closed = false;
  const lines = connection.readable.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async line() {
      while (!text.includes("\n")) text += (await inTime(lines.read(), "A line")).value ?? "";
      const [line] = text.split("\n", 1);
      text = text.slice(line.length + 1);
      return line;
    },
    [Symbol.dispose]() {
      if (!closed) lines.cancel();
      closed = true;
    },
  };
}
