/**
 * The listening sockets of an app. The supervisor holds them open over every reload and upgrade:
 * a connection that the kernel has queued is never reset, whoever accepts it in the end.
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

/** The socket of one service. All its workers accept on it, so that none waits for one of them. */
export interface ServiceSocket {
  address: SocketAddress;
  socket: OpenSocket;
  /** How many clients may wait. */
  backlog?: number;
  /** Of a Unix socket that was opened here. */
  file?: SocketFile;
  /** The name by which a service manager has given it: it is kept over a restart. */
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

  /** For a new image to go on with. */
  save(): Record<string, ServiceSocket> {
    return Object.fromEntries(this.#services);
  }

  /** All descriptors that are open. */
  get open(): number[] {
    return Array.from(this.#services.values(), ({ socket }) => socket.descriptor);
  }

  /** The port that a service is bound to. */
  port(key: string): number | undefined {
    return this.#services.get(key)?.socket.port;
  }

  /** Takes sockets that a service manager has opened: by the service's name, else in order. */
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
   * Opens what the layout names and is not open yet.
   *
   * @param patient An address in use may be left over from a supervisor that died just now.
   * @throws {GoerError} If one cannot be opened; what was opened for the others is closed again.
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

  /** Sets each backlog again: a worker of Deno that adopts a Unix socket sets one of its own. */
  setBacklogs(): void {
    for (const { address, socket, backlog } of this.#services.values()) {
      if (address.transport === "udp" || backlog === undefined) continue;
      this.#descriptors.setBacklog(socket.descriptor, backlog);
    }
  }

  /** Closes what the layout does not name; where there is none, all that was opened here. */
  closeExcept(layout?: Layout): void {
    const kept = new Set(layout?.app.services.map((service) => service.key));
    for (const [key, { adopted }] of [...this.#services]) {
      if (!kept.has(key) && (layout !== undefined || adopted === undefined)) this.#close(key);
    }
  }

  /**
   * Another process has taken all over: closes what this one holds. Sockets with a file stay open until
   * it ends: Node removes the file as it closes one.
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
 * Opens a socket, and tries again while its address is in use.
 *
 * @param patient A supervisor has died just now, and its workers may still be finishing.
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
    await delay(RETRY_DELAY);
  }
}
