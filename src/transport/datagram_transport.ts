/**
 * Receives datagrams, no faster than handlers process them.
 *
 * @module
 */

import type { ParsedAddress } from "../address.ts";
import { callApplication, logFault, reasonOf } from "../calls.ts";
import { DatagramConnection } from "../connection/datagram.ts";
import type { Waiter } from "../connection/concurrency_limiter.ts";
import type { Service } from "../connection/service.ts";
import { GoerError } from "../errors.ts";
import { runtime } from "../runtime/mod.ts";
import type { DatagramSocket, InetEndpoint } from "../runtime/runtime.ts";
import type { OpenOptions, OpenTransport } from "./transport.ts";

/** What a datagram transport needs from its service. */
export interface DatagramTransportOptions<In, Out> extends OpenOptions {
  service: Service<In, Out>;
  /** Binds next to a socket that is already bound, and receives all new datagrams from then on. */
  reuseAddress?: boolean;
  /** Creates the state of a connection, before its handlers are called. */
  prepare?: ((connection: DatagramConnection<In, Out>) => unknown) | undefined;
}

/** Receives on a datagram address. */
export async function openDatagramTransport<In, Out>(
  address: ParsedAddress,
  options: DatagramTransportOptions<In, Out>,
): Promise<OpenTransport> {
  const { service, fd, reuseAddress, prepare } = options;
  const receiver = new DatagramReceiver(service, prepare);
  const endpoint = address.endpoint as InetEndpoint;
  const socket = await runtime.bindDatagram(
    { endpoint, fd, reuseAddress },
    (bytes, peer) => receiver.receive(bytes, peer),
  );
  receiver.socket = socket;
  return { endpoint: socket.endpoint, stop: () => socket.close() };
}

class DatagramReceiver<In, Out> implements Waiter {
  socket!: DatagramSocket;
  readonly #service: Service<In, Out>;
  readonly #prepare: DatagramTransportOptions<In, Out>["prepare"];

  constructor(
    service: Service<In, Out>,
    prepare: DatagramTransportOptions<In, Out>["prepare"],
  ) {
    this.#service = service;
    this.#prepare = prepare;
  }

  receive(bytes: Uint8Array, peer: InetEndpoint): void {
    const limits = this.#service.clients?.limits;
    if (limits !== undefined && !limits.admitDatagram(peer.host, bytes.length)) {
      this.#service.statistics.rejected++;
      return;
    }
    try {
      this.#open(peer).receive(bytes);
    } catch (cause) {
      const { name } = this.#service.protocol;
      const message = `The protocol ${name} cannot take a datagram: ${reasonOf(cause)}`;
      logFault(new GoerError("GOER_PROTOCOL", message, { cause }), this.#service);
    }
    const { limiter } = this.#service;
    if (!limiter.full) return;
    this.socket.pause();
    limiter.wait(this);
  }

  #open(peer: InetEndpoint): DatagramConnection<In, Out> {
    const connection = new DatagramConnection(this.socket, peer, this.#service);
    const prepare = this.#prepare;
    if (prepare !== undefined) {
      const failed = (thrown: unknown) => connection.handlerFailed("state", thrown);
      callApplication(() => prepare(connection), failed);
    }
    return connection;
  }

  admitted(): void {
    this.socket.resume();
  }
}
