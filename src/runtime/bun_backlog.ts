/**
 * The backlog on Bun, which has 512 built in: too few for a burst of clients, whose lost SYNs come
 * again only after a second.
 *
 * @module
 */

import process from "node:process";
import { LIBC_NAMES } from "./libc.ts";

/** What is used of `bun:ffi`. */
interface ForeignFunctions {
  dlopen(
    name: string,
    symbols: { listen: { args: string[]; returns: string } },
  ): { symbols: { listen(descriptor: number, backlog: number): number } };
}

const SYMBOLS = { listen: { args: ["i32", "i32"], returns: "i32" } };

/** Sets the backlog of a socket that listens: the system takes `listen` a second time. */
export function setBacklog(descriptor: number, backlog: number): void {
  // Not imported, so that no other runtime and no bundler looks for it.
  const { dlopen } = process.getBuiltinModule("bun:ffi") as unknown as ForeignFunctions;
  for (const library of LIBC_NAMES) {
    try {
      dlopen(library, SYMBOLS).symbols.listen(descriptor, backlog);
      return;
    } catch {
      // The next name; where no library has one, Bun's own backlog stays.
    }
  }
}
