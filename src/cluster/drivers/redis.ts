/**
 * Redis and Valkey, with the official client.
 *
 * @module
 */

import { createClient } from "@redis/client";
import { asBuffer } from "../../runtime/bytes/buffer.ts";
import type { BrokerAddress } from "./broker_address.ts";
import type { BrokerConnection, ConnectionEvents } from "./broker_bus.ts";

/**
 * Redis disconnects a subscriber that is 32 MiB behind (`client-output-buffer-limit`), so a message
 * may have half of that.
 */
const MAX_MESSAGE_SIZE = 16 * 1024 * 1024;

/**
 * A connection to Redis 6 or newer, or to Valkey. With RESP3, the same connection can publish and
 * subscribe.
 */
export class RedisConnection implements BrokerConnection {
  readonly maxMessageSize: number = MAX_MESSAGE_SIZE;
  readonly #client: ReturnType<typeof clientFor>;
  readonly #listener: (message: Uint8Array, channel: Uint8Array) => void;
  #destroyed = false;

  constructor(address: BrokerAddress, events: ConnectionEvents) {
    this.#client = clientFor(address);
    this.#client.on("error", (error) => events.onLost(error));
    // The client cannot destroy its socket before it is connected.
    this.#client.on("connect", () => this.#destroyed && this.#client.destroy());
    this.#listener = (message, channel) => events.onMessage(channel.toString(), message);
  }

  async open(): Promise<void> {
    await this.#client.connect();
  }

  publish(channel: string, message: Uint8Array): void {
    this.#client.publish(channel, asBuffer(message)).catch(ignore);
  }

  async subscribe(channels: string[]): Promise<void> {
    await this.#client.subscribe(channels, this.#listener, true);
  }

  unsubscribe(channel: string): void {
    this.#client.unsubscribe(channel, this.#listener, true).catch(ignore);
  }

  async ping(): Promise<void> {
    await this.#client.ping();
  }

  destroy(): void {
    this.#destroyed = true;
    this.#client.destroy();
  }
}

function clientFor({ host, port, tls, user, password, database }: BrokerAddress) {
  return createClient({
    RESP: 3,
    socket: { host, port, ...tls ? { tls } : {}, reconnectStrategy: false },
    username: user || undefined,
    password: password || undefined,
    database,
    // Otherwise, each message would have its own timer.
    commandOptions: { timeout: undefined },
    // Older servers answer both commands with an error.
    disableClientInfo: true,
    maintNotifications: "disabled",
  });
}

/** A lost connection is reported once, not again by each pending command. */
function ignore(): void {}
