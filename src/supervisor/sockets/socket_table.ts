/**
 * The listening sockets of an app. The supervisor keeps them open during reloads and upgrades, so
 * that queued connections are not reset.
 *
 * @module
 */

import {
  type Descriptors,
  type OpenOptions,
  type OpenSocket,
  type SocketAddress,
  SystemError,
} from "../../runtime/descriptors.ts";
import { isAbstract } from "../../runtime/sockets/endpoint.ts";
import { listenError } from "../../runtime/errors.ts";
import { isAddress, resolveHostname } from "../../runtime/sockets/hostname.ts";
import {
  closeSocketFile,
  openSocketFile,
  type SocketFile,
} from "../../runtime/sockets/socket_file.ts";
import type { Layout, WorkerGroup } from "../machine/layout.ts";
import type { ServiceManifest } from "../ipc/messages.ts";
import { RELEASE_TIME, whenReleased } from "../when_released.ts";

/**
 * The socket of one service. All its workers accept on it, so that no connection waits for a
 * particular worker.
 */
export interface ServiceSocket {
  address: SocketAddress;
  socket: OpenSocket;
  /** How many clients may wait. */
  backlog?: number;
  /** The file of a Unix socket that was opened here. */
  file?: SocketFile;
  /** Its name from the service manager. It is kept open during a restart. */
  adopted?: string;
  /** True if workers may bind its address, too: see {@linkcode Descriptors.steer}. */
  steered?: boolean;
}

/** A socket for a worker. */
export interface WorkerSocket {
  /** The service's key. */
  key: string;
  descriptor: number;
  /** True if the worker also opens a socket of its own. */
  own?: boolean;
}

/** How {@linkcode SocketTable.openFor} opens sockets. */
export interface OpenMode {
  /**
   * True if an address may still be in use by the workers of a supervisor that has just died.
   */
  patient: boolean;
  /** Which workers also open sockets of their own next to those of TCP. */
  steer: SteerMode;
  /** Receives a warning for the administrator. */
  warn: (text: string) => void;
}

/** `"single"`: only the worker of a service that has one. */
export type SteerMode = "all" | "single" | "none";

/** The listening sockets of an app. */
export class SocketTable {
  readonly #descriptors: Descriptors;
  readonly #services: Map<string, ServiceSocket>;
  /** How many sockets of workers get the connections of a service. */
  readonly #others = new Map<string, number>();
  #mode: SteerMode;
  #warn: OpenMode["warn"] = () => {};

  constructor(
    descriptors: Descriptors,
    services: Record<string, ServiceSocket> = {},
    steer: SteerMode = "none",
  ) {
    this.#descriptors = descriptors;
    this.#mode = steer;
    this.#services = new Map(Object.entries(services));
  }

  /** The state for a new supervisor. */
  save(): Record<string, ServiceSocket> {
    return Object.fromEntries(this.#services);
  }

  /** All open descriptors. */
  get open(): number[] {
    return Array.from(this.#services.values(), ({ socket }) => socket.descriptor);
  }

  /** The port of a service. */
  port(key: string): number | undefined {
    return this.#services.get(key)?.socket.port;
  }

  /** Adopts sockets of a service manager: by the service's name, otherwise in order. */
  adopt(layout: Layout, inherited: { name: string; descriptor: number }[]): void {
    const left = [...inherited];
    for (const service of layout.app.services) {
      if (service.socket === undefined || left.length === 0) continue;
      const named = left.findIndex(({ name }) => name === service.name);
      const [inherited] = left.splice(Math.max(named, 0), 1);
      const descriptor = this.#descriptors.adopt(inherited.descriptor);
      const port = this.#descriptors.port(descriptor) ?? service.socket.port;
      this.#services.set(service.key, {
        address: service.socket,
        socket: { descriptor, port },
        adopted: inherited.name,
      });
    }
  }

  /**
   * Opens the sockets of the layout that are not open yet.
   *
   * @throws {GoerError} If one cannot be opened. Those that were opened before are closed again.
   */
  async openFor(layout: Layout, { patient, steer, warn }: OpenMode): Promise<void> {
    this.#warn = warn;
    const before = new Map(this.#services);
    this.#mode = steer;
    try {
      for (const group of layout.groups) {
        const steered = this.#steers(group);
        for (const service of layout.app.services) {
          if (!group.services.includes(service.key)) continue;
          await this.#openService(service, { patient, steered: steered && canSteer(service) });
        }
      }
    } catch (error) {
      for (const key of this.#services.keys()) if (!before.has(key)) this.#close(key);
      throw error;
    }
  }

  /** True if the workers of a group open sockets of their own where they can. */
  #steers({ workers, user, group }: WorkerGroup): boolean {
    // The system takes sockets at one address together only if one user owns them all.
    if (user !== "" || group !== "") return false;
    return this.#mode === "all" || this.#mode === "single" && workers === 1;
  }

  async #openService(
    service: ServiceManifest,
    { patient, steered }: { patient: boolean; steered: boolean },
  ): Promise<void> {
    const { key, socket, listen, backlog } = service;
    if (!socket || !this.#descriptors.capabilities.inherited.includes(socket.transport)) return;
    let own = this.#services.get(key);
    if (own === undefined) {
      const hostname = socket.hostname === "" ? "" : await resolveHostname(socket.hostname);
      const open = () => this.#openSocket({ ...socket, hostname }, listen, { backlog, steered });
      own = await whenReleased(patient ? RELEASE_TIME : 0, open);
      this.#services.set(key, own);
    }
    own.backlog = backlog;
  }

  async #openSocket(
    address: SocketAddress,
    listen: string,
    options: OpenOptions,
  ): Promise<ServiceSocket> {
    const open = () => this.#open(address, listen, options);
    if (address.transport !== "unix" || isAbstract(address.path)) {
      return { address, ...open() };
    }
    const { opened, file } = await openSocketFile(address.path, listen, open);
    return { address, ...opened, file };
  }

  #open(
    address: SocketAddress,
    listen: string,
    options: OpenOptions,
  ): Pick<ServiceSocket, "socket" | "steered"> {
    const { steered } = options;
    try {
      return { socket: this.#descriptors.open(address, options), steered };
    } catch (cause) {
      if (!steered || !isRefusedOption(cause)) throw listenError(cause, listen);
      this.#warn(
        `workers inherit the socket of ${listen}: the system does not steer it (${cause.code})`,
      );
      return this.#open(address, listen, { ...options, steered: false });
    }
  }

  /** The services whose connections can be steered. */
  get steered(): string[] {
    return [...this.#services].filter(([, { steered }]) => steered).map(([key]) => key);
  }

  /** Steers the connections of a service: see {@linkcode Descriptors.steer}. */
  steer(key: string, others: number): void {
    if (this.#others.get(key) === others) return;
    this.#others.set(key, others);
    this.#descriptors.steer(this.#services.get(key)!.socket.descriptor, others);
  }

  /** Sets each backlog again, because a Deno worker that adopts a Unix socket sets its own. */
  setBacklogs(): void {
    for (const { address, socket, backlog } of this.#services.values()) {
      if (address.transport === "udp" || backlog === undefined) continue;
      this.#descriptors.setBacklog(socket.descriptor, backlog);
    }
  }

  /** Closes sockets that are not in the layout; without a layout, all that were opened here. */
  closeExcept(layout?: Layout): void {
    const kept = new Set(layout?.app.services.map((service) => service.key));
    for (const [key, { adopted }] of [...this.#services]) {
      if (!kept.has(key) && (layout !== undefined || adopted === undefined)) this.#close(key);
    }
  }

  /**
   * Another process has taken over: closes this process's descriptors. Sockets with a file stay
   * open until the process ends, because Node removes the file when it closes one.
   */
  release(): void {
    for (const { socket, file } of this.#services.values()) {
      if (file === undefined) this.#descriptors.close(socket.descriptor);
    }
    this.#services.clear();
  }

  #close(key: string): void {
    const { socket, file } = this.#services.get(key)!;
    this.#services.delete(key);
    this.#others.delete(key);
    const close = () => this.#descriptors.close(socket.descriptor, file?.path);
    if (file === undefined) close();
    else void closeSocketFile(file, close);
  }

  /** The sockets that a worker inherits. */
  forWorker(group: WorkerGroup): WorkerSocket[] {
    return group.services.flatMap((key) => {
      const service = this.#services.get(key);
      if (service === undefined) return [];
      const own = this.#steers(group) && service.steered === true;
      return [{ key, descriptor: service.socket.descriptor, own }];
    });
  }
}

/**
 * True if workers can open sockets at the address of a service: it must be the same for all of
 * them, whatever a name resolves to.
 */
function canSteer({ socket }: ServiceManifest): boolean {
  return socket?.transport === "tcp" && socket.port !== 0 && isAddress(socket.hostname);
}

/** True if the system, or a sandbox, refuses an option of a socket. */
function isRefusedOption(error: unknown): error is SystemError {
  return error instanceof SystemError && error.operation === "setsockopt";
}
