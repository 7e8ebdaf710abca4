/**
 * Listening sockets as descriptors: opened here without accepting on them, inherited by workers,
 * and kept while this process executes a new image of itself in place.
 *
 * @module
 */

/** Where a socket is bound. */
export interface SocketAddress {
  /** `"tcp"` also serves TLS. */
  transport: "tcp" | "udp" | "unix";
  /** An IPv4 or IPv6 address; not used by Unix sockets. */
  hostname: string;
  /** 0 lets the system choose; not used by Unix sockets. */
  port: number;
  /** Of a Unix socket. */
  path: string;
}

/** What {@linkcode Descriptors.open} takes. */
export interface OpenOptions {
  /** How many connections may wait to be accepted. @default {4096} */
  backlog?: number;
}

/** A socket that is open in this process. */
export interface OpenSocket {
  /** Its number, to be inherited. */
  descriptor: number;
  /** The port it is bound to; 0 for a Unix socket. */
  port: number;
}

/** The backlog where none is named: a smaller one drops connections in a storm of 10,000. */
export const DEFAULT_BACKLOG = 4096;

/** What a runtime can do with descriptors. */
export interface DescriptorCapabilities {
  /** The transports that a worker of this runtime adopts a descriptor of. */
  readonly inherited: readonly SocketAddress["transport"][];
  /**
   * A child is to get descriptors at their own numbers, by {@linkcode Descriptors.lend}: what the
   * runtime hands on by itself it makes blocking, for all processes that share it.
   */
  readonly lent: boolean;
  /** Children of an earlier image can be reaped: where they cannot, they would stay zombies. */
  readonly reaps: boolean;
}

/** What the supervisor does with descriptors and processes below what `node:` modules offer. */
export interface Descriptors {
  /** What this runtime can do. */
  readonly capabilities: DescriptorCapabilities;
  /** Opens, binds and (where the runtime can) listens, accepting nothing. Throws {@linkcode SystemError}. */
  open(address: SocketAddress, options?: OpenOptions): OpenSocket;
  /**
   * Makes a descriptor that was inherited like one of {@linkcode Descriptors.open}.
   *
   * @returns Its number from here on: never one that a child has for something else.
   */
  adopt(descriptor: number): number;
  /**
   * Has no child inherit anything that is open now, beside what the child is given: this process itself
   * may have inherited some, and Deno marks not all that it opens.
   */
  keepToItself(): void;
  /** Has the children that `work` starts inherit these descriptors at their own numbers. */
  lend<T>(descriptors: number[], work: () => T): T;
  /**
   * Two ends of a connection: one to be read here, the other for a child's output. `undefined` where the
   * runtime's own pipes do.
   */
  pair(): [own: number, other: number] | undefined;
  /** Has all of this process that leads to the file or pipe of `from` lead to the file of `to` instead. */
  redirect(from: number, to: number): void;
  /**
   * Closes a descriptor of {@linkcode Descriptors.open}, or one that was inherited.
   *
   * @param path Of a Unix socket: whatever is there is removed before.
   */
  close(descriptor: number, path?: string): void;
  /**
   * Sets how many clients may wait on a socket that listens: the system takes `listen` a second time.
   * Does nothing where this runtime cannot.
   */
  setBacklog(descriptor: number, backlog: number): void;
  /** The same for a Unix socket that this process has opened, by its path. */
  setBacklogOf(path: string, backlog: number): void;
  /** The port that an inherited descriptor is bound to, where that can be told. */
  port(descriptor: number): number | undefined;
  /** True if {@linkcode Descriptors.execute} would keep all of these open. */
  canExecute(descriptors: number[]): boolean;
  /**
   * Prepares for {@linkcode Descriptors.execute}: until the next image listens, signals for a supervisor
   * wait where the runtime lets them, and one that asks it to stop ends the process otherwise. Does nothing
   * on Node.
   */
  holdSignals(): void;
  /** Takes the signals that wait since {@linkcode Descriptors.holdSignals}, and later ones at once. */
  acceptSignals(): void;
  /** Becomes another program, in the same process, with these descriptors open. Returns never. */
  execute(command: string[], environment: Record<string, string>, descriptors: number[]): never;
  /**
   * How a child ended that was started before this image was executed: `undefined` while it runs.
   * The runtime knows nothing of such a child, so this must be asked or it stays a zombie.
   */
  reap(pid: number): Exit | undefined;
  /**
   * Connects to a Unix socket of a stream, and hangs up: an error's code, empty where the connection was
   * accepted, `undefined` where this runtime's own sockets tell as much.
   */
  connectOnce(path: string): string | undefined;
  /** Sends a datagram to a Unix socket; false if this runtime cannot. */
  sendLocalDatagram(path: string, text: string): boolean;
}

/** How a process ended: one of the three is set. */
export interface Exit {
  /** The exit code. */
  code?: number;
  /** The signal that ended it. */
  signal?: string;
  /** Why it could not be started. */
  error?: string;
}

/** The system refused. */
export class SystemError extends Error {
  /** @param code As in `errno.h`: `"EADDRINUSE"`. @param operation What was refused. */
  constructor(readonly code: string, operation: string) {
    super(`${operation}: ${code}`);
    this.name = "SystemError";
  }
}
