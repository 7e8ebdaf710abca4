/**
 * Addresses that workers bind themselves. They share them with each other, and would share them with
 * any other program of this user without a word.
 *
 * @module
 */

import { runtime } from "../../runtime/mod.ts";
import type { Layout } from "../machine/layout.ts";
import type { ServiceManifest } from "../ipc/messages.ts";
import { whenReleased } from "./socket_table.ts";

/** What {@linkcode checkAddresses} takes. */
export interface AddressCheck {
  /** What is to be served. */
  layout: Layout;
  /** What is served now, by this supervisor's own workers. */
  before?: Layout;
  /** True if the supervisor holds a service's socket: opening that was check enough. */
  holds(service: ServiceManifest): boolean;
  /** An address in use may be left over from a supervisor that died just now. */
  patient: boolean;
}

/**
 * Makes sure that no other program serves an address.
 *
 * @throws {GoerError} `GOER_ADDRESS_IN_USE` if one does.
 */
export async function checkAddresses(check: AddressCheck): Promise<void> {
  const own = new Set(check.before?.app.services.map(place));
  for (const service of check.layout.app.services) {
    const { socket } = service;
    if (socket === undefined || check.holds(service)) continue;
    // The file of a Unix socket is looked at by whoever opens it.
    if (socket.transport === "unix" || socket.port === 0 || own.has(place(service))) continue;
    await whenReleased(check.patient, () => tryToBind(socket));
  }
}

function place({ socket }: ServiceManifest): string {
  return socket === undefined ? "" : `${socket.transport} ${socket.hostname} ${socket.port}`;
}

async function tryToBind(
  { transport, hostname, port }: NonNullable<ServiceManifest["socket"]>,
): Promise<void> {
  const endpoint = { host: hostname, port };
  if (transport === "udp") (await runtime.bindDatagram({ endpoint }, () => {})).close();
  else await (await runtime.listen({ endpoint, backlog: 1 }, () => undefined)).close();
}
