/**
 * {@linkcode Descriptors} with the C library of Linux (glibc or musl, x86-64 or arm64: all have the
 * numbers below). Each runtime provides a way to call C functions.
 *
 * @module
 */

import * as fs from "node:fs";
import {
  DEFAULT_BACKLOG,
  type DescriptorCapabilities,
  type Descriptors,
  type Exit,
  type OpenOptions,
  type OpenSocket,
  type SocketAddress,
  SystemError,
} from "../descriptors.ts";
import { removeFile } from "../files/file_system.ts";
import {
  addressFamily,
  decodePort,
  encodeSocketAddress,
  encodeUnixAddress,
  FAMILY_IPV6,
  FAMILY_UNIX,
} from "../sockets/socket_address.ts";
import { steeringProgram } from "./steering_program.ts";
import { ERROR_NAMES, signalName } from "./system_names.ts";

/** Memory for C functions. */
export type Memory = Uint8Array<ArrayBuffer>;

/**
 * The C functions that are used, with integers as arguments and results. Memory is passed by
 * address.
 */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  socketpair(family: number, type: number, protocol: number, pair: Memory): number;
  bind(descriptor: number, address: Memory, length: number): number;
  listen(descriptor: number, backlog: number): number;
  connect(descriptor: number, address: Memory, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: Memory, length: number): number;
  getsockname(descriptor: number, address: Memory, length: Memory): number;
  fcntl(descriptor: number, command: number, argument: number): number;
  dup3(descriptor: number, number: number, flags: number): number;
  readlink(path: Memory, target: Memory, size: bigint): bigint | number;
  close(descriptor: number): number;
  syscall(number: bigint, first: bigint, second: bigint, third: bigint): number;
  execve(path: Memory, words: Memory, environment: Memory): number;
  waitpid(pid: number, status: Memory, options: number): number;
  signal(number: number, handler: bigint): bigint | number;
  pthread_sigmask(how: number, set: Memory, before: Memory): number;
  sendto(
    fd: number,
    bytes: Memory,
    length: number,
    flags: number,
    address: Memory,
    addressLength: number,
  ): number;
  /** The address of `memory` for C functions. */
  addressOf(memory: Memory): bigint;
  /** The error number of the last failed call. */
  errorNumber(): number;
}

/** The names of the C library on Linux: glibc, then musl. */
export const LIBC_NAMES: readonly string[] = ["libc.so.6", "libc.so"];

const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
// All processes that share a socket are notified of a connection. Those that are too late must not
// block.
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const FD_CLOEXEC = 1;

/** `close_range(3, INT_MAX, CLOSE_RANGE_CLOEXEC)`: musl has no function for it. */
export const CLOSE_ALL_ON_EXEC = [436n, 3n, 2n ** 31n - 1n, 4n] as const;

/** Lower numbers are standard input and outputs, and the channel of a child. */
const FIRST_OWN = 10;

/** The standard outputs and their copies have small numbers, because they are created first. */
const MOST_REDIRECTED = 256;

const WNOHANG = 1;
const MSG_NOSIGNAL = 0x4000;

/** Signals for the supervisor, which would end a process that does not handle them yet. */
const COMMAND_SIGNALS = [1, 10, 12];
/** SIGINT, SIGQUIT and SIGTERM. */
const STOP_SIGNALS = [2, 3, 15];
const SIG_DFL = 0n;
const SIG_IGN = 1n;

/** Signals that the supervisor handles: SIGHUP, SIGINT, SIGQUIT, SIGUSR2 and SIGTERM. */
const HELD_SIGNALS = [1, 12, ...STOP_SIGNALS];
const SIG_BLOCK = 0;
const SIG_UNBLOCK = 1;
/** The size of a `sigset_t`, in bytes. */
const SIGNAL_SET_SIZE = 128;

/** Descriptors through the C library. */
export class LibcDescriptors implements Descriptors {
  readonly capabilities: DescriptorCapabilities;
  readonly #libc: Libc;
  /** Restores the handling of {@linkcode STOP_SIGNALS}, while they are held. */
  #restoreHandlers: (() => void) | undefined;

  constructor(libc: Libc, capabilities: DescriptorCapabilities) {
    this.#libc = libc;
    this.capabilities = capabilities;
  }

  open(address: SocketAddress, options: OpenOptions = {}): OpenSocket {
    const type = address.transport === "udp" ? SOCK_DGRAM : SOCK_STREAM;
    const flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    const opened = this.#check(
      this.#libc.socket(addressFamily(address), type | flags, 0),
      "socket",
    );
    const descriptor = opened < FIRST_OWN ? this.#renumber(opened) : opened;
    try {
      this.#bind(descriptor, address, options);
      return { descriptor, port: this.port(descriptor) ?? 0 };
    } catch (error) {
      this.close(descriptor);
      throw error;
    }
  }

  #bind(descriptor: number, address: SocketAddress, options: OpenOptions): void {
    const family = addressFamily(address);
    if (family !== FAMILY_UNIX) {
      // On a UDP socket, it would let any other process receive the datagrams.
      if (address.transport === "tcp") this.#setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    }
    if (family === FAMILY_IPV6) this.#setOption(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    const bytes = encodeSocketAddress(address);
    this.#check(this.#libc.bind(descriptor, bytes, bytes.length), "bind");
    if (address.transport === "udp") return;
    // Only now, so that an address in use is noticed even if its owner shares it.
    if (options.steered) this.#setOption(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
    this.#check(this.#libc.listen(descriptor, options.backlog ?? DEFAULT_BACKLOG), "listen");
    if (options.steered) this.steer(descriptor, 0);
  }

  steer(descriptor: number, others: number): void {
    const { header, instructions } = steeringProgram(others);
    new DataView(header.buffer).setBigUint64(8, this.#libc.addressOf(instructions), true);
    const result = this.#libc.setsockopt(
      descriptor,
      SOL_SOCKET,
      SO_ATTACH_REUSEPORT_CBPF,
      header,
      header.length,
    );
    this.#check(result, "setsockopt");
  }

  #setOption(descriptor: number, level: number, name: number, value: number): void {
    const bytes = int32(value);
    this.#check(this.#libc.setsockopt(descriptor, level, name, bytes, bytes.length), "setsockopt");
  }

  close(descriptor: number, path?: string): void {
    if (path !== undefined) removeFile(path);
    this.#libc.close(descriptor);
  }

  adopt(descriptor: number): number {
    const flags = this.#libc.fcntl(descriptor, F_GETFL, 0);
    this.#libc.fcntl(descriptor, F_SETFL, flags | SOCK_NONBLOCK);
    return this.#renumber(descriptor);
  }

  #renumber(descriptor: number): number {
    const copy = this.#libc.fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_OWN);
    this.#check(copy, "fcntl");
    this.#libc.close(descriptor);
    return copy;
  }

  keepToItself(): void {
    if (this.#libc.syscall(...CLOSE_ALL_ON_EXEC) === 0) return;
    // On Linux before 5.11, numbers that are not open are skipped.
    for (let descriptor = 3; descriptor < 1024; descriptor++) {
      this.#libc.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
  }

  lend<T>(descriptors: number[], work: () => T): T {
    for (const descriptor of descriptors) this.#libc.fcntl(descriptor, F_SETFD, 0);
    try {
      return work();
    } finally {
      for (const descriptor of descriptors) this.#libc.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
  }

  // Both outputs of a child use the same end, which keeps their order. Its end is blocking, which
  // is a property of each end.
  pair(): [own: number, other: number] {
    const numbers = new Int32Array(2);
    const memory = new Uint8Array(numbers.buffer);
    const type = SOCK_STREAM | SOCK_CLOEXEC;
    this.#check(this.#libc.socketpair(FAMILY_UNIX, type, 0, memory), "socketpair");
    return [this.adopt(numbers[0]), this.#renumber(numbers[1])];
  }

  // Deno has copies of the standard outputs, with unknown numbers.
  redirect(from: number, to: number): void {
    const target = this.#target(from);
    if (target === undefined) return;
    for (let descriptor = 1; descriptor < MOST_REDIRECTED; descriptor++) {
      if (descriptor === to || this.#target(descriptor) !== target) continue;
      this.#libc.dup3(to, descriptor, descriptor > 2 ? SOCK_CLOEXEC : 0);
    }
  }

  /**
   * The target of a descriptor, by name. Deno requires a permission for it, but the C library does
   * not.
   */
  #target(descriptor: number): string | undefined {
    const target = new Uint8Array(4096);
    const path = cString(`/proc/self/fd/${descriptor}`);
    const size = Number(this.#libc.readlink(path, target, BigInt(target.length)));
    return size > 0 ? new TextDecoder().decode(target.subarray(0, size)) : undefined;
  }

  setBacklog(descriptor: number, backlog: number): void {
    this.#libc.listen(descriptor, backlog);
  }

  setBacklogOf(path: string, backlog: number): void {
    const wanted = encodeUnixAddress(path).join();
    // An accepted socket has the same address, but the system refuses to listen on it.
    for (const descriptor of openDescriptors()) {
      if (this.#addressOf(descriptor)?.join() === wanted) this.setBacklog(descriptor, backlog);
    }
  }

  port(descriptor: number): number | undefined {
    const address = this.#addressOf(descriptor);
    return address && decodePort(address);
  }

  #addressOf(descriptor: number): Memory | undefined {
    const address = new Uint8Array(128);
    const length = int32(address.length);
    if (this.#libc.getsockname(descriptor, address, length) !== 0) return undefined;
    return address.subarray(0, new DataView(length.buffer).getInt32(0, true));
  }

  canExecute(): boolean {
    return true;
  }

  execute(command: string[], environment: Record<string, string>, descriptors: number[]): never {
    for (const descriptor of descriptors) this.#libc.fcntl(descriptor, F_SETFD, 0);
    const words = command.map(cString);
    const variables = Object.entries(environment).map(([name, value]) =>
      cString(`${name}=${value}`)
    );
    // Ignored signals stay ignored in the new program until it listens to them.
    const restoreHandlers = this.#handleSignals(COMMAND_SIGNALS, SIG_IGN);
    this.#libc.execve(words[0], this.#pointers(words), this.#pointers(variables));
    const error = this.#error("execve");
    restoreHandlers();
    for (const descriptor of descriptors) this.#libc.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    throw error;
  }

  holdSignals(): void {
    // Other threads of the runtime still receive signals, and their handlers would keep them from
    // the new program.
    this.#restoreHandlers = this.#handleSignals(STOP_SIGNALS, SIG_DFL);
    this.#maskSignals(SIG_BLOCK);
  }

  acceptSignals(): void {
    this.#restoreHandlers?.();
    this.#restoreHandlers = undefined;
    this.#maskSignals(SIG_UNBLOCK);
  }

  /** Sets how signals are handled. @returns A function that restores it. */
  #handleSignals(signals: readonly number[], handler: bigint): () => void {
    const before = signals.map((number) => BigInt(this.#libc.signal(number, handler)));
    return () => signals.forEach((number, index) => this.#libc.signal(number, before[index]));
  }

  /** The signal mask of this thread, which the new program inherits. */
  #maskSignals(how: number): void {
    const set = new Uint8Array(SIGNAL_SET_SIZE);
    for (const number of HELD_SIGNALS) set[(number - 1) >> 3] |= 1 << ((number - 1) & 7);
    this.#libc.pthread_sigmask(how, set, new Uint8Array(SIGNAL_SET_SIZE));
  }

  #pointers(strings: Memory[]): Memory {
    const addresses = new BigUint64Array(strings.length + 1);
    strings.forEach((string, index) => addresses[index] = this.#libc.addressOf(string));
    return new Uint8Array(addresses.buffer);
  }

  reap(pid: number): Exit | undefined {
    const status = int32(0);
    const result = this.#libc.waitpid(pid, status, WNOHANG);
    if (result === 0) return undefined;
    if (result < 0) return { error: "it is not a child of this process" };
    const word = new DataView(status.buffer).getInt32(0, true);
    const signal = word & 0x7f;
    return signal === 0 ? { code: word >> 8 & 0xff } : { signal: signalName(signal) };
  }

  connectOnce(path: string): string {
    const address = encodeUnixAddress(path);
    const type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    const descriptor = this.#check(this.#libc.socket(FAMILY_UNIX, type, 0), "socket");
    const result = this.#libc.connect(descriptor, address, address.length);
    const code = result < 0 ? this.#error("connect").code : "";
    this.#libc.close(descriptor);
    return code;
  }

  sendLocalDatagram(path: string, text: string): boolean {
    const address = encodeUnixAddress(path);
    const descriptor = this.#libc.socket(FAMILY_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return false;
    const bytes = new TextEncoder().encode(text);
    const sent = this.#libc.sendto(
      descriptor,
      bytes,
      bytes.length,
      MSG_NOSIGNAL,
      address,
      address.length,
    );
    this.#libc.close(descriptor);
    return sent === bytes.length;
  }

  #check(result: number, operation: string): number {
    if (result < 0) throw this.#error(operation);
    return result;
  }

  #error(operation: string): SystemError {
    const number = this.#libc.errorNumber();
    return new SystemError(ERROR_NAMES[number] ?? `errno ${number}`, operation);
  }
}

function openDescriptors(): number[] {
  try {
    return fs.readdirSync("/proc/self/fd").map(Number);
  } catch {
    return []; // Deno requires a permission for it.
  }
}

function int32(value: number): Memory {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

function cString(text: string): Memory {
  return new TextEncoder().encode(`${text}\0`);
}
