/**
 * NATS, with the official client.
 *
 * @module
 */

import {
  type Msg,
  parseOptions,
  ProtocolHandler,
  type Publisher,
  setTransportFactory,
  type Subscription,
  SubscriptionImpl,
} from "@nats-io/transport-node";
import { nodeResolveHost, NodeTransport } from "@nats-io/transport-node/lib/node_transport.js";
import type { BrokerAddress } from "./broker_address.ts";
import type { BrokerConnection, ConnectionEvents } from "./broker_bus.ts";

type Socket = Awaited<ReturnType<NodeTransport["dial"]>>;

/**
 * Adds an error listener to a socket: the client removes its own when it discards the socket, and a
 * connection reset can still follow.
 */
function guarded(socket: Socket): Socket {
  const removeAllListeners = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (...event: []) => removeAllListeners(...event).on("error", () => {});
  return socket.on("error", () => {});
}

/** The client's connections, with their sockets guarded. */
class GuardedTransport extends NodeTransport {
  override async dial(server: { hostname: string; port: number }): Promise<Socket> {
    return guarded(await super.dial(server));
  }

  override async startTLS(): ReturnType<NodeTransport["startTLS"]> {
    const socket = await super.startTLS();
    guarded(socket);
    return socket;
  }
}

/** For responses to messages, which this connection never sends. */
const NO_ANSWERS: Publisher = { publish() {} };

/**
 * A connection to a NATS server.
 *
 * It uses the layer below the client's `connect`, which discards a silent server only when the
 * server closes the connection.
 */
export class NatsConnection implements BrokerConnection {
  readonly #events: ConnectionEvents;
  readonly #protocol: ProtocolHandler;
  readonly #subscriptions = new Map<string, Subscription>();
  #destroyed = false;

  constructor({ host, port, tls, user, password }: BrokerAddress, events: ConnectionEvents) {
    this.#events = events;
    setTransportFactory({ factory: () => new GuardedTransport(), dnsResolveFn: nodeResolveHost });
    const options = parseOptions({
      servers: [`${host.includes(":") ? `[${host}]` : host}:${port}`],
      ...password === "" ? { token: user || undefined } : { user, pass: password },
      ...tls ? { tls: {} } : {},
      ignoreClusterUpdates: true,
      reconnect: false,
    });
    this.#protocol = new ProtocolHandler(options, NO_ANSWERS);
  }

  get maxMessageSize(): number {
    return this.#protocol.info!.max_payload;
  }

  async open(): Promise<void> {
    try {
      await this.#protocol.dialLoop();
    } finally {
      if (this.#destroyed) this.destroy();
    }
    this.#protocol.closed.then((error) => this.#events.onLost(error));
  }

  publish(channel: string, message: Uint8Array): void {
    this.#protocol.publish(channel, message);
  }

  async subscribe(channels: string[]): Promise<void> {
    let refusal: Error | undefined;
    for (const channel of channels) {
      if (this.#subscriptions.has(channel)) continue;
      const callback = (error: Error | null, { data }: Msg) => {
        if (error === null) return this.#events.onMessage(channel, data);
        this.#subscriptions.delete(channel);
        refusal = error;
      };
      const subscription = new SubscriptionImpl(this.#protocol, channel, { callback });
      this.#subscriptions.set(channel, this.#protocol.subscribe(subscription));
    }
    await this.#protocol.flush();
    if (refusal !== undefined) throw refusal;
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.get(channel)?.unsubscribe();
    this.#subscriptions.delete(channel);
  }

  ping(): Promise<void> {
    return this.#protocol.flush();
  }

  destroy(): void {
    this.#destroyed = true;
    // Otherwise, pending pings would wait for ever.
    this.#protocol.resetOutbound();
    // It throws while the host name is being resolved; `open` calls again then.
    this.#protocol.close().catch(() => {});
    this.#protocol.transport?.discard();
  }
}
