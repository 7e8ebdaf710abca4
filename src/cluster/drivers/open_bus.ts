/**
 * Creates the bus for an address.
 *
 * @module
 */

import { type BrokerAddress, parseBrokerAddress } from "./broker_address.ts";
import { BrokerBus, type BrokerBusOptions, type BrokerConnector } from "./broker_bus.ts";
import type { Bus } from "./bus.ts";

/**
 * Creates the bus for `address`, to be opened later. The broker's client is loaded here, so that a
 * process without a broker does not load it.
 *
 * @param address `redis://` (Redis 6 or newer, or Valkey), `rediss://` (the same over TLS), `nats://` or
 * `nats+tls://`, then `[[user]:password@]host[:port]`. For NATS, a user without a password is a token.
 * @returns The bus.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the address is not one of these.
 *
 * @example
 * ```ts
 * import { createBus } from "./open_bus.ts";
 *
 * const bus = await createBus("redis://user:secret@broker.example/0");
 * if (bus.name !== "redis://broker.example:6379/0") throw new Error(bus.name);
 * ```
 */
export async function createBus(address: string, options?: BrokerBusOptions): Promise<Bus> {
  const parsed = parseBrokerAddress(address);
  return new BrokerBus(parsed, await connectorFor(parsed), options);
}

async function connectorFor({ kind }: BrokerAddress): Promise<BrokerConnector> {
  switch (kind) {
    case "redis":
      return (await import("./redis.ts")).RedisConnection;
    case "nats":
      return (await import("./nats.ts")).NatsConnection;
  }
}
