/**
 * The listening sockets of an app. The supervisor keeps them open during reloads and upgrades, so
 * that queued connections are not reset.
 *
 * @module
 */

import { delay } from "../../runtime/process/native_timer.ts";
import { GoerError } from "../../errors.ts";
import type {
  Descriptors,
  OpenOptions,
  OpenSocket,
  SocketAddress,
} from "../../runtime/descriptors.ts";
import { isAbstract } from "../../runtime/sockets/endpoint.ts";
import { listenError } from "../../runtime/errors.ts";
import { resolveHostname } from "../../runtime/sockets/hostname.ts";
import {
  closeSocketFile,
  openSocketFile,
  type SocketFile,
} from "../../runtime/sockets/socket_file.ts";
import type { Layout, WorkerGroup } from "../machine/layout.ts";
import type { ServiceManifest } from "../ipc/messages.ts";

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
}

/** A socket for a worker. */
export interface WorkerSocket {
  /** The service's key. */
  key: string;
  descriptor: number;
}

/** How long an address may still be in use after its supervisor died, in ms. */
const RELEASE_TIME = 2000;
const RETRY_DELAY = 50;

/** The listening sockets of an app. */
export class SocketTable {
  readonly #descriptors: Descriptors;
  readonly #services: Map<string, ServiceSocket>;

  constructor(descriptors: Descriptors, services: Record<string, ServiceSocket> = {}) {
    this.#descriptors = descriptors;
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
   * @param patient True if an address may still be in use by the workers of a supervisor that has
   * just died.
   * @throws {GoerError} If one cannot be opened. Those that were opened before are closed again.
   */
  async openFor(layout: Layout, patient: boolean): Promise<void> {
    const before = new Map(this.#services);
    try {
      for (const service of layout.app.services) await this.#openService(service, patient);
    } catch (error) {
      for (const key of this.#services.keys()) if (!before.has(key)) this.#close(key);
      throw error;
    }
  }

  async #openService(service: ServiceManifest, patient: boolean): Promise<void> {
    const { key, socket, listen, backlog } = service;
    if (!socket || !this.#descriptors.capabilities.inherited.includes(socket.transport)) return;
    let own = this.#services.get(key);
    if (own === undefined) {
      const hostname = socket.hostname === "" ? "" : await resolveHostname(socket.hostname);
      const open = () => this.#openSocket({ ...socket, hostname }, listen, { backlog });
      own = await whenReleased(patient, open);
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
      return { address, socket: open() };
    }
    const { opened, file } = await openSocketFile(address.path, listen, open);
    return { address, socket: opened, file };
  }

  #open(address: SocketAddress, listen: string, options: OpenOptions): OpenSocket {
    try {
      return this.#descriptors.open(address, options);
    } catch (cause) {
      throw listenError(cause, listen);
    }
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
    const close = () => this.#descriptors.close(socket.descriptor, file?.path);
    if (file === undefined) close();
    else void closeSocketFile(file, close);
  }

  /** The sockets that a worker inherits. */
  forWorker({ services }: WorkerGroup): WorkerSocket[] {
    return services.flatMap((key) => {
      const own = this.#services.get(key);
      return own === undefined ? [] : [{ key, descriptor: own.socket.descriptor }];
    });
  }
}

/**
 * Opens a socket, and retries while its address is in use.
 *
 * @param patient True if a supervisor has just died, and its workers may still be finishing.
 */
export async function whenReleased<T>(patient: boolean, open: () => Promise<T>): Promise<T> {
  const end = performance.now() + (patient ? RELEASE_TIME : 0);
  while (true) {
    try {
      return await open();
    } catch (error) {
      const inUse = error instanceof GoerError && error.code === "GOER_ADDRESS_IN_USE";
      if (!inUse || performance.now() >= end) throw error;
    }
    // No system reports that an address is free.
    await delay(RETRY_DELAY);
  }
}
