/**
 * Listening sockets as descriptors: opened here without accepting on them, inherited by workers,
 * and kept open while this process executes a new program in place.
 *
 * @module
 */

/** The address of a socket. */
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
  /**
   * Lets other processes of this user bind the address, too. Who gets new connections is decided by
   * {@linkcode Descriptors.steer}: at first, this socket.
   */
  steered?: boolean;
}

/** A socket that is open in this process. */
export interface OpenSocket {
  /** Its number, to be inherited. */
  descriptor: number;
  /** The port it is bound to; 0 for a Unix socket. */
  port: number;
}

/** The default backlog. A smaller one drops connections when 10,000 clients connect at once. */
export const DEFAULT_BACKLOG = 4096;

/** What a runtime can do with descriptors. */
export interface DescriptorCapabilities {
  /** The transports whose descriptors a worker of this runtime can adopt. */
  readonly inherited: readonly SocketAddress["transport"][];
  /**
   * True if children must get descriptors with {@linkcode Descriptors.lend}: the runtime's own way
   * of passing them makes them blocking for all processes that share them.
   */
  readonly lent: boolean;
  /** True if children of the previous program can be reaped. Otherwise they would stay zombies. */
  readonly reaps: boolean;
  /**
   * True if sockets can be steered, and it pays: a worker of this runtime serves a socket that it
   * opens itself faster than an inherited one.
   */
  readonly steers: boolean;
}

/** What the supervisor does with descriptors and processes that `node:` modules do not offer. */
export interface Descriptors {
  /** What this runtime can do. */
  readonly capabilities: DescriptorCapabilities;
  /**
   * Opens, binds and (if the runtime can) listens, without accepting. Throws {@linkcode
   * SystemError}.
   */
  open(address: SocketAddress, options?: OpenOptions): OpenSocket;
  /**
   * Decides which sockets of an address get new connections: a socket opened with
   * {@linkcode OpenOptions.steered} itself if `others` is 0, otherwise as many sockets that were
   * bound after it, at random. Connections on their way stay where they are. Throws
   * {@linkcode SystemError}, also where `capabilities.steers` is false.
   */
  steer(descriptor: number, others: number): void;
  /**
   * Makes an inherited descriptor like one of {@linkcode Descriptors.open}.
   *
   * @returns Its new number, which children do not use for anything else.
   */
  adopt(descriptor: number): number;
  /**
   * Keeps children from inheriting anything that is open now, except what they are given: this
   * process may have inherited descriptors, and Deno does not mark all that it opens.
   */
  keepToItself(): void;
  /** Lets the children that `work` starts inherit these descriptors with the same numbers. */
  lend<T>(descriptors: number[], work: () => T): T;
  /**
   * Two ends of a connection: one to be read here, the other for a child's output. `undefined` if
   * the runtime's own pipes suffice.
   */
  pair(): [own: number, other: number] | undefined;
  /**
   * Redirects all descriptors of this process for the file or pipe of `from` to the file of `to`.
   */
  redirect(from: number, to: number): void;
  /**
   * Closes a descriptor of {@linkcode Descriptors.open}, or an inherited one.
   *
   * @param path The path of a Unix socket: whatever is there is removed first.
   */
  close(descriptor: number, path?: string): void;
  /**
   * Sets how many clients may wait on a listening socket: the system accepts a second `listen`.
   * Does nothing if this runtime cannot do it.
   */
  setBacklog(descriptor: number, backlog: number): void;
  /** The same for a Unix socket that this process has opened, by its path. */
  setBacklogOf(path: string, backlog: number): void;
  /** The port of an inherited descriptor, if known. */
  port(descriptor: number): number | undefined;
  /** True if {@linkcode Descriptors.execute} would keep all of these open. */
  canExecute(descriptors: number[]): boolean;
  /**
   * Prepares for {@linkcode Descriptors.execute}: signals for a supervisor are held back until the
   * next program listens, if the runtime supports it. Otherwise, a signal to stop ends the process.
   * Does nothing on Node.
   */
  holdSignals(): void;
  /**
   * Delivers the signals held back since {@linkcode Descriptors.holdSignals}, and later ones
   * immediately.
   */
  acceptSignals(): void;
  /** Executes another program in this process, with these descriptors open. Never returns. */
  execute(command: string[], environment: Record<string, string>, descriptors: number[]): never;
  /**
   * How a child of the previous program ended: `undefined` while it runs. The runtime does not know
   * such children, so each must be reaped here.
   */
  reap(pid: number): Exit | undefined;
  /**
   * Connects to a Unix stream socket and disconnects. Returns an error's code, empty if the
   * connection was accepted, `undefined` if this runtime's own sockets report the same.
   */
  connectOnce(path: string): string | undefined;
  /** Sends a datagram to a Unix socket; false if this runtime cannot. */
  sendLocalDatagram(path: string, text: string): boolean;
}

/** How a process ended. One of the three is set. */
export interface Exit {
  /** The exit code. */
  code?: number;
  /** The signal that ended it. */
  signal?: string;
  /** Why it could not be started. */
  error?: string;
}

/** An error of the system. */
export class SystemError extends Error {
  /** @param code As in `errno.h`: `"EADDRINUSE"`. @param operation What failed. */
  constructor(readonly code: string, readonly operation: string) {
    super(`${operation}: ${code}`);
    this.name = "SystemError";
  }
}
