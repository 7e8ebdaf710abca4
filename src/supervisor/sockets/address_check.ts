/**
 * Checks addresses that workers bind themselves. They share them with each other, and the system
 * would also share them with any other program of this user without an error.
 *
 * @module
 */

import { runtime } from "../../runtime/mod.ts";
import type { Layout } from "../machine/layout.ts";
import type { ServiceManifest } from "../ipc/messages.ts";
import { RELEASE_TIME, whenReleased } from "../when_released.ts";

/** Arguments of {@linkcode checkAddresses}. */
export interface AddressCheck {
  /** The new layout. */
  layout: Layout;
  /** The current layout, whose addresses this supervisor's own workers use. */
  before?: Layout;
  /** True if the supervisor has opened a service's socket, which was a sufficient check. */
  holds(service: ServiceManifest): boolean;
  /** True if an address may still be in use by the workers of a supervisor that has just died. */
  patient: boolean;
}

/**
 * Checks that no other program serves an address.
 *
 * @throws {GoerError} `GOER_ADDRESS_IN_USE` if one does.
 */
export async function checkAddresses(check: AddressCheck): Promise<void> {
  const own = new Set(check.before?.app.services.map(place));
  for (const service of check.layout.app.services) {
    const { socket } = service;
    if (socket === undefined || check.holds(service)) continue;
    // Opening a Unix socket checks its file.
    if (socket.transport === "unix" || socket.port === 0 || own.has(place(service))) continue;
    await whenReleased(check.patient ? RELEASE_TIME : 0, () => tryToBind(socket));
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
