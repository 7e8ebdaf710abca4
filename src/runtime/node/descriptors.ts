/**
 * Descriptors through Node's internals, because Node cannot call C functions.
 *
 * A socket opened here closes when a new program is executed (libuv marks it so); an inherited one
 * stays open. So Node executes in place only if every socket was inherited, and otherwise a new
 * process takes over.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import * as dgram from "node:dgram";
import * as fs from "node:fs";
import * as net from "node:net";
import process from "node:process";
import {
  DEFAULT_BACKLOG,
  type Descriptors,
  type Exit,
  type OpenOptions,
  type OpenSocket,
  type SocketAddress,
  SystemError,
} from "../descriptors.ts";
import { systemPath } from "../sockets/endpoint.ts";
import { removeFile } from "../files/file_system.ts";

/** A bound libuv socket. */
interface Handle {
  readonly fd: number;
  close(): void;
  getsockname?(out: { port?: number }): number;
}

type NetInternals = {
  _createServerHandle(host: string, port: number, family: number): Handle | number;
};
type DatagramInternals = {
  _createSocketHandle(host: string, port: number, type: string): Handle | number;
};

/** libuv's negative error numbers, on Linux and macOS. */
const ERROR_NAMES: Record<number, string> = {
  [-1]: "EPERM",
  [-2]: "ENOENT",
  [-13]: "EACCES",
  [-24]: "EMFILE",
  [-48]: "EADDRINUSE",
  [-49]: "EADDRNOTAVAIL",
  [-98]: "EADDRINUSE",
  [-99]: "EADDRNOTAVAIL",
};

/** The descriptors of Node. */
export function nodeDescriptors(): Descriptors | undefined {
  if (process.platform === "win32") return undefined;
  return new NodeDescriptors();
}

class NodeDescriptors implements Descriptors {
  readonly capabilities = {
    inherited: ["tcp", "udp", "unix"],
    lent: false,
    reaps: false,
    steers: false,
  } as const;
  readonly #handles = new Map<number, Handle>();

  // It does not listen, because libuv would accept here. The first worker that adopts a socket
  // listens on it.
  open(address: SocketAddress, { backlog }: OpenOptions = {}): OpenSocket {
    const handle = createHandle(address);
    if (typeof handle === "number") {
      throw new SystemError(ERROR_NAMES[handle] ?? `error ${handle}`, "bind");
    }
    const name: { port?: number } = {};
    // libuv reports an address in use only when the socket is queried.
    const result = handle.getsockname?.(name) ?? 0;
    if (result < 0) {
      handle.close();
      throw new SystemError(ERROR_NAMES[result] ?? `error ${result}`, "bind");
    }
    this.#handles.set(handle.fd, handle);
    if (address.transport === "unix") listenElsewhere(handle.fd, backlog);
    return { descriptor: handle.fd, port: name.port ?? 0 };
  }

  close(descriptor: number, path?: string): void {
    const handle = this.#handles.get(descriptor);
    this.#handles.delete(descriptor);
    // This also removes the file.
    if (handle) return handle.close();
    if (path !== undefined) removeFile(path);
    fs.closeSync(descriptor);
  }

  steer(): void {
    throw new SystemError("ENOSYS", "setsockopt");
  }

  // The worker that serves it prepares it.
  adopt(descriptor: number): number {
    return descriptor;
  }

  // libuv does this.
  keepToItself(): void {}

  lend<T>(_descriptors: number[], work: () => T): T {
    return work();
  }

  pair(): undefined {
    return undefined;
  }

  redirect(from: number, to: number): void {
    const target = targetOf(from);
    for (const descriptor of [1, 2]) {
      if (target === undefined || targetOf(descriptor) !== target) continue;
      // Descriptors cannot be copied, but the next one that is opened has the lowest free number.
      fs.closeSync(descriptor);
      fs.openSync(`/proc/self/fd/${to}`, fs.constants.O_WRONLY | fs.constants.O_APPEND);
    }
  }

  // Node sets it itself.
  setBacklog(_descriptor: number, _backlog: number): void {}
  setBacklogOf(_path: string, _backlog: number): void {}

  port(_descriptor: number): number | undefined {
    return undefined;
  }

  canExecute(descriptors: number[]): boolean {
    return "execve" in process && descriptors.every((one) => !this.#handles.has(one));
  }

  execute(command: string[], environment: Record<string, string>): never {
    const { execve } = process as unknown as {
      execve(path: string, words: string[], environment: Record<string, string>): never;
    };
    return execve(command[0], command, environment);
  }

  holdSignals(): void {}
  acceptSignals(): void {}

  reap(_pid: number): Exit | undefined {
    return undefined;
  }

  connectOnce(_path: string): undefined {
    return undefined;
  }

  sendLocalDatagram(_path: string, _text: string): boolean {
    return false;
  }
}

/** The target of a descriptor; `undefined` if unknown. */
function targetOf(descriptor: number): string | undefined {
  try {
    return fs.readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

function createHandle(address: SocketAddress): Handle | number {
  if (address.transport === "udp") {
    const { _createSocketHandle } = dgram as unknown as DatagramInternals;
    const type = address.hostname.includes(":") ? "udp6" : "udp4";
    return withoutWarning(() => _createSocketHandle(address.hostname, address.port, type));
  }
  const { _createServerHandle } = net as unknown as NetInternals;
  if (address.transport === "unix") return _createServerHandle(systemPath(address.path), -1, -1);
  const family = address.hostname.includes(":") ? 6 : 4;
  return _createServerHandle(address.hostname, address.port, family);
}

/**
 * Makes a Unix socket listen: until then it looks unused, and others may remove it. A process does
 * it that ends before it accepts anything.
 */
function listenElsewhere(descriptor: number, backlog = DEFAULT_BACKLOG): void {
  const script = `require("net").createServer().listen({ fd: 3 }, ${backlog}); process.exit()`;
  spawnSync(process.execPath, ["-e", script], {
    stdio: ["ignore", "ignore", "ignore", descriptor],
    env: {},
  });
}

/** `_createSocketHandle` works, but warns that it may be removed. */
function withoutWarning<T>(work: () => T): T {
  const flags = process as { noDeprecation?: boolean };
  const before = flags.noDeprecation;
  flags.noDeprecation = true;
  try {
    return work();
  } finally {
    flags.noDeprecation = before;
  }
}
