/**
 * The listening sockets of an app. The supervisor holds them open over every reload and upgrade:
 * a connection that the kernel has queued is never reset, whoever accepts it in the end.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import type {
  Descriptors,
  OpenOptions,
  OpenSocket,
  SocketAddress,
} from "../runtime/descriptors.ts";
import { isAbstract } from "../runtime/endpoint.ts";
import { listenError } from "../runtime/errors.ts";
import { resolveHostname } from "../runtime/hostname.ts";
import { closeSocketFile, openSocketFile, type SocketFile } from "../runtime/socket_file.ts";
import { type Layout, socketsOfSlot, type WorkerGroup } from "./layout.ts";
import type { ServiceDescription } from "./messages.ts";

/** The sockets of one service. */
export interface ServiceSockets {
  address: SocketAddress;
  sockets: OpenSocket[];
  /** How many clients may wait on each. */
  backlog?: number;
  /** Of a Unix socket that was opened here. */
  file?: SocketFile;
  /** Opened by a service manager: no other can share the address. */
  adopted?: boolean;
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
  readonly #services: Map<string, ServiceSockets>;

  constructor(descriptors: Descriptors, services: Record<string, ServiceSockets> = {}) {
    this.#descriptors = descriptors;
    this.#services = new Map(Object.entries(services));
  }

  /** For a new image to go on with. */
  save(): Record<string, ServiceSockets> {
    return Object.fromEntries(this.#services);
  }

  /** All descriptors that are open. */
  get open(): number[] {
    return [...this.#services.values()].flatMap((one) => one.sockets.map((s) => s.descriptor));
  }

  /** The port that a service is bound to. */
  port(key: string): number | undefined {
    return this.#services.get(key)?.sockets[0]?.port;
  }

  /** Takes sockets that a service manager has opened: by the service's name, else in order. */
  adopt(layout: Layout, inherited: { name: string; descriptor: number }[]): void {
    const left = [...inherited];
    for (const service of layout.app.services) {
      if (service.socket === undefined || left.length === 0) continue;
      const named = left.findIndex(({ name }) => name === service.name);
      const [{ descriptor }] = left.splice(Math.max(named, 0), 1);
      this.#descriptors.adopt(descriptor);
      const port = this.#descriptors.port(descriptor) ?? service.socket.port;
      this.#services.set(service.key, {
        address: service.socket,
        sockets: [{ descriptor, port }],
        adopted: true,
      });
    }
  }

  /**
   * Opens what the layout names and is not open yet: as many sockets per service as it has workers,
   * where several can share the address.
   *
   * @param patient An address in use may be left over from a supervisor that died just now.
   * @throws {GoerError} Where one cannot be opened; what was opened for the others is closed again.
   */
  async openFor(layout: Layout, patient: boolean): Promise<void> {
    const before = new Map(this.#services);
    try {
      for (const group of layout.groups) {
        for (const key of group.services) {
          const service = layout.app.services.find((one) => one.key === key)!;
          await this.#openService(service, group.workers, patient);
        }
      }
    } catch (error) {
      for (const key of this.#services.keys()) if (!before.has(key)) this.#close(key);
      throw error;
    }
  }

  async #openService(service: ServiceDescription, workers: number, patient: boolean) {
    const { socket, listen, backlog } = service;
    if (!socket || !this.#descriptors.capabilities.inherited.includes(socket.transport)) return;
    const shared = this.#descriptors.capabilities.shared && socket.transport !== "unix";
    let own = this.#services.get(service.key);
    if (own === undefined) {
      const hostname = socket.hostname === "" ? "" : await resolveHostname(socket.hostname);
      const address = { ...socket, hostname };
      own = await whenReleased(
        patient,
        () => this.#openFirst(address, listen, { shared, backlog }),
      );
      this.#services.set(service.key, own);
    }
    own.backlog = backlog;
    const count = shared ? workers : 1;
    while (own.sockets.length < count && !own.adopted) {
      const { port } = own.sockets[0];
      own.sockets.push(this.#open({ ...own.address, port }, listen, { shared, backlog }));
    }
  }

  async #openFirst(
    address: SocketAddress,
    listen: string,
    options: OpenOptions,
  ): Promise<ServiceSockets> {
    const open = () => this.#open(address, listen, options);
    if (address.transport === "unix" && !isAbstract(address.path)) {
      const { opened, file } = await openSocketFile(address.path, listen, open);
      return { address, sockets: [opened], file };
    }
    // A shared address can be opened although another program serves it, and this one cannot.
    if (options.shared) this.#descriptors.close(this.#open(address, listen, {}).descriptor);
    return { address, sockets: [open()] };
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
    for (const { address, sockets, backlog } of this.#services.values()) {
      if (address.transport === "udp" || backlog === undefined) continue;
      for (const { descriptor } of sockets) this.#descriptors.setBacklog(descriptor, backlog);
    }
  }

  /** Closes what the layout does not name; all where there is none. */
  closeExcept(layout?: Layout): void {
    const kept = new Set(layout?.app.services.map((service) => service.key));
    for (const key of [...this.#services.keys()]) if (!kept.has(key)) this.#close(key);
  }

  /**
   * Another process has taken all over: closes what this one holds. Sockets with a file stay open until
   * it ends: Node removes the file as it closes one.
   */
  release(): void {
    for (const { sockets, file } of this.#services.values()) {
      if (file !== undefined) continue;
      for (const { descriptor } of sockets) this.#descriptors.close(descriptor);
    }
    this.#services.clear();
  }

  #close(key: string): void {
    const { sockets, file } = this.#services.get(key)!;
    this.#services.delete(key);
    const close = () => {
      for (const { descriptor } of sockets) this.#descriptors.close(descriptor, file?.path);
    };
    if (file === undefined) close();
    else void closeSocketFile(file, close);
  }

  /** The sockets that the worker of a slot inherits. */
  forWorker(group: WorkerGroup, slot: number): WorkerSocket[] {
    return group.services.flatMap((key) => {
      const sockets = this.#services.get(key)?.sockets ?? [];
      return socketsOfSlot(sockets.length, slot, group.workers)
        .map((index) => ({ key, descriptor: sockets[index].descriptor }));
    });
  }
}

/**
 * Opens sockets, and tries again while their address is in use.
 *
 * @param patient A supervisor has died just now, and its workers may still be finishing.
 */
async function whenReleased<T>(patient: boolean, open: () => Promise<T>): Promise<T> {
  const end = performance.now() + (patient ? RELEASE_TIME : 0);
  while (true) {
    try {
      return await open();
    } catch (error) {
      const inUse = error instanceof GoerError && error.code === "GOER_ADDRESS_IN_USE";
      if (!inUse || performance.now() >= end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
  }
}
