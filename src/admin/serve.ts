/**
 * Serves HTTP from the parts of a service. The class `Goer` is not used here: its `runAll` leads to
 * the command line, which opens the admin listener.
 *
 * @module
 */

import { type FetchHandler, fetchHandler, http } from "../../protocols/http/mod.ts";
import { formatAddress, parseAddress } from "../address.ts";
import { ConcurrencyLimiter } from "../connection/concurrency_limiter.ts";
import type { Handlers } from "../connection/handlers.ts";
import { ConnectionRegistry } from "../connection/registry.ts";
import { type Service, Statistics } from "../connection/service.ts";
import type { StreamConnection } from "../connection/stream.ts";
import type { Protocol } from "../protocol/protocol.ts";
import type { AdminListener } from "../supervisor/admin.ts";
import { openStreamTransport } from "../transport/stream_transport.ts";

/** Limits of a connection, so that no client can take much from the supervisor. */
const LIMITS = {
  maxPacketSize: 16_384,
  maxSendBufferSize: 1024 * 1024,
  idleTimeout: 60_000,
  lingerTimeout: 2000,
};

/**
 * How many connections stay open. For another one, the oldest is closed: otherwise, clients that only hold
 * connections could keep the probes of an orchestrator out, which would then stop the app.
 */
const MAX_CONNECTIONS = 64;

/** How many may wait to be accepted, or be open until the oldest are closed. */
const MAX_NEW_CONNECTIONS = 256;

/** Serves an address with a scheme of HTTP. */
export async function serveHttp(address: string, fetch: FetchHandler): Promise<AdminListener> {
  const parsed = parseAddress(address);
  const registry = new ConnectionRegistry<StreamConnection>();
  const service: Service = {
    protocol: http as Protocol<unknown, unknown>,
    handlers: {
      onConnect: () => closeOldest(registry),
      onMessage: fetchHandler(fetch),
    } as unknown as Handlers<unknown, unknown>,
    limits: LIMITS,
    limiter: new ConcurrencyLimiter(Infinity),
    statistics: new Statistics(),
    forget: (connection) => registry.delete(connection as StreamConnection),
  };
  const transport = await openStreamTransport(parsed, {
    service,
    registry,
    maxConnections: MAX_CONNECTIONS + MAX_NEW_CONNECTIONS,
    backlog: MAX_NEW_CONNECTIONS,
  });
  return {
    address: formatAddress(parsed, transport.endpoint),
    async close() {
      const stopped = transport.stop();
      for (const connection of registry) connection.destroy();
      await stopped;
    },
  };
}

/** Closes those over the limit. */
function closeOldest(registry: ConnectionRegistry<StreamConnection>): void {
  let over = registry.size - MAX_CONNECTIONS;
  for (const oldest of registry) {
    if (over-- <= 0) return;
    oldest.destroy();
  }
}
