/**
 * The C library through `bun:ffi`.
 *
 * @module
 */

import process from "node:process";
import type { Descriptors } from "../descriptors.ts";
import { type Libc, LIBC_NAMES, LibcDescriptors, type Memory } from "../shared/libc.ts";

const SYMBOLS = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  dup3: { args: ["i32", "i32", "i32"], returns: "i32" },
  readlink: { args: ["ptr", "ptr", "u64"], returns: "i64" },
  close: { args: ["i32"], returns: "i32" },
  syscall: { args: ["i64", "i64", "i64", "i64"], returns: "i32" },
  execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" },
  sendto: { args: ["i32", "ptr", "u32", "i32", "ptr", "u32"], returns: "i32" },
  signal: { args: ["i32", "u64"], returns: "u64" },
  pthread_sigmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
};

type Symbols = Omit<Libc, "addressOf" | "errorNumber"> & { __errno_location(): number };

/** The used part of `bun:ffi`. */
interface ForeignFunctions {
  dlopen(name: string, symbols: typeof SYMBOLS): { symbols: Symbols };
  ptr(memory: Memory): number;
  read: { i32(address: number, offset: number): number };
}

/** The descriptors of Bun; `undefined` on other systems than Linux. */
export function bunDescriptors(): Descriptors | undefined {
  if (process.platform !== "linux") return undefined;
  // Not imported, so that other runtimes and bundlers do not look for it.
  const foreign = process.getBuiltinModule("bun:ffi") as unknown as ForeignFunctions;
  const symbols = openLibc(foreign);
  const libc: Libc = {
    ...symbols,
    addressOf: (memory) => BigInt(foreign.ptr(memory)),
    errorNumber: () => foreign.read.i32(symbols.__errno_location(), 0),
  };
  return new LibcDescriptors(libc, {
    inherited: ["tcp", "udp", "unix"],
    lent: false,
    reaps: true,
    steers: false,
  });
}

function openLibc(foreign: ForeignFunctions): Symbols {
  try {
    return foreign.dlopen(LIBC_NAMES[0], SYMBOLS).symbols;
  } catch {
    return foreign.dlopen(LIBC_NAMES[1], SYMBOLS).symbols;
  }
}
