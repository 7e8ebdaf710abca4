/**
 * The C library through `Deno.dlopen`. Needs `--allow-ffi`.
 *
 * @module
 */

import type { Descriptors } from "../descriptors.ts";
import { type Libc, LIBC_NAMES, LibcDescriptors } from "../shared/libc.ts";
import { hasForeignFunctions } from "./permissions.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  syscall: { parameters: ["i64", "i64", "i64", "i64"], result: "i32" },
  execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "u32"], result: "i32" },
  signal: { parameters: ["i32", "usize"], result: "usize" },
  pthread_sigmask: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

/** The descriptors of Deno; `undefined` without the permission, or on other systems than Linux. */
export function denoDescriptors(): Descriptors | undefined {
  if (!hasForeignFunctions()) return undefined;
  const symbols = openLibc();
  const libc: Libc = {
    ...symbols,
    addressOf: (memory) => BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory))),
    errorNumber: () => new Deno.UnsafePointerView(symbols.__errno_location()!).getInt32(),
  };
  // `node:dgram` of Deno cannot adopt a descriptor, so a worker binds UDP itself.
  return new LibcDescriptors(libc, {
    inherited: adoptsStreams() ? ["tcp", "unix"] : [],
    lent: true,
    reaps: true,
    steers: true,
  });
}

/** Before 2.8, `node:net` of Deno claims to listen on a descriptor, but accepts nothing. */
function adoptsStreams(): boolean {
  const [major, minor] = Deno.version.deno.split(".").map(Number);
  return major > 2 || major === 2 && minor >= 8;
}

function openLibc(): Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] {
  try {
    return Deno.dlopen(LIBC_NAMES[0], SYMBOLS).symbols;
  } catch {
    return Deno.dlopen(LIBC_NAMES[1], SYMBOLS).symbols;
  }
}
