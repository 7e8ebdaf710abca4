/**
 * The listening sockets of an app. The supervisor holds them open over every reload and upgrade:
 * a connection that the kernel has queued is never reset, whoever accepts it in the end.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import {
  type Descriptors,
  type OpenSocket,
  type SocketAddress,
  SystemError,
} from "../runtime/descriptors.ts";
import { fileExists, removeFile } from "../runtime/files.ts";
import { resolveHostname } from "../runtime/hostname.ts";
import { connectLocal } from "../runtime/local_socket.ts";
import { type Layout, socketsOfSlot, type WorkerGroup } from "./layout.ts";
import type { ServiceDescription } from "./messages.ts";

/** The sockets of one service. */
export interface ServiceSockets {
  address: SocketAddress;
  sockets: OpenSocket[];
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
    const { socket, backlog } = service;
    if (!socket || !this.#descriptors.capabilities.inherited.includes(socket.transport)) return;
    const shared = this.#descriptors.capabilities.shared && socket.transport !== "unix";
    let own = this.#services.get(service.key);
    if (own === undefined) {
      const hostname = socket.hostname === "" ? "" : await resolveHostname(socket.hostname);
      own = { address: { ...socket, hostname }, sockets: [] };
      await this.#refuseServed(own.address, service.listen, patient);
      this.#services.set(service.key, own);
    }
    const count = shared ? workers : 1;
    while (own.sockets.length < count && !own.adopted) {
      const port = own.sockets[0]?.port ?? own.address.port;
      own.sockets.push(this.#open({ ...own.address, port }, service.listen, { shared, backlog }));
    }
  }

  /** A shared address could be opened although another program serves it: this asks first. */
  async #refuseServed(address: SocketAddress, listen: string, patient: boolean): Promise<void> {
    if (address.transport === "unix") return await removeStale(address.path, listen);
    const end = performance.now() + (patient ? RELEASE_TIME : 0);
    while (true) {
      try {
        return this.#descriptors.close(this.#open(address, listen, {}).descriptor);
      } catch (error) {
        const inUse = error instanceof GoerError && error.code === "GOER_ADDRESS_IN_USE";
        if (!inUse || performance.now() >= end) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
    }
  }

  #open(
    address: SocketAddress,
    listen: string,
    options: { shared?: boolean; backlog?: number },
  ): OpenSocket {
    try {
      return this.#descriptors.open(address, options);
    } catch (cause) {
      throw listenError(listen, cause);
    }
  }

  /** Closes what the layout does not name; all where there is none. */
  closeExcept(layout?: Layout): void {
    const kept = new Set(layout?.app.services.map((service) => service.key));
    for (const key of [...this.#services.keys()]) if (!kept.has(key)) this.#close(key);
  }

  /**
   * Another process has taken all over: closes what this one holds. Unix sockets stay open until it
   * ends, for closing them might remove their path.
   */
  release(): void {
    for (const { address, sockets } of this.#services.values()) {
      if (address.transport === "unix") continue;
      for (const { descriptor } of sockets) this.#descriptors.close(descriptor);
    }
    this.#services.clear();
  }

  #close(key: string): void {
    const { address, sockets } = this.#services.get(key)!;
    this.#services.delete(key);
    for (const { descriptor } of sockets) this.#descriptors.close(descriptor);
    if (address.transport === "unix") removeFile(address.path);
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

/** Removes the socket of a process that is gone; refuses one that is answered. */
async function removeStale(path: string, listen: string): Promise<void> {
  if (!fileExists(path)) return;
  const ignore = { onBytes: () => {}, onClose: () => {} };
  const served = await connectLocal(path, ignore).then((socket) => {
    socket.destroy();
    return true;
  }, () => false);
  if (served) {
    throw new GoerError("GOER_ADDRESS_IN_USE", `Cannot listen: another process serves ${listen}`);
  }
  removeFile(path);
}

function listenError(listen: string, cause: unknown): GoerError {
  const code = cause instanceof SystemError ? cause.code : "";
  switch (code) {
    case "EADDRINUSE":
      return new GoerError(
        "GOER_ADDRESS_IN_USE",
        `Cannot listen: another process serves ${listen}`,
        { cause },
      );
    case "EACCES":
    case "EPERM":
      return new GoerError(
        "GOER_PERMISSION_DENIED",
        `Cannot listen: the system does not allow ${listen} (ports below 1024 need rights)`,
        { cause },
      );
    default:
      return new GoerError(
        "GOER_LISTEN_FAILED",
        `Cannot listen: ${listen} (${code || cause})`,
        { cause },
      );
  }
}
