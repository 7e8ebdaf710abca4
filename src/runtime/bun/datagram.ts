/**
 * Datagram sockets on Bun, with `Bun.udpSocket`.
 *
 * @module
 */

import { listenError } from "../errors.ts";
import type { DatagramOptions, DatagramSocket, InetEndpoint, Receive } from "../runtime.ts";
import { bindNodeDatagram, DatagramGate } from "../shared/node_dgram.ts";
import { formatEndpoint } from "../sockets/endpoint.ts";
import { bunGlobal, type BunUdpSocket } from "./api.ts";

export { connectNodeDatagram as connectDatagram } from "../shared/node_dgram.ts";

class BunDatagramSocket implements DatagramSocket {
  readonly endpoint: InetEndpoint;
  #socket: BunUdpSocket;
  #gate: DatagramGate;
  #unsent: (() => void)[] = [];
  #closed = false;

  constructor(socket: BunUdpSocket, gate: DatagramGate) {
    this.endpoint = { host: socket.hostname, port: socket.port };
    this.#socket = socket;
    this.#gate = gate;
  }

  async send(bytes: Uint8Array, peer: InetEndpoint): Promise<void> {
    while (!this.#closed && !this.#send(bytes, peer)) {
      await new Promise<void>((resolve) => this.#unsent.push(resolve));
    }
  }

  #send(bytes: Uint8Array, { host, port }: InetEndpoint): boolean {
    try {
      return this.#socket.send(bytes, port, host);
    } catch {
      // The system may report an error of an earlier datagram, to a peer that has disconnected.
      return this.#socket.send(bytes, port, host);
    }
  }

  /** The system accepts datagrams again. */
  drain(): void {
    for (const resolve of this.#unsent.splice(0)) resolve();
  }

  pause(): void {
    this.#gate.pause();
  }

  resume(): void {
    this.#gate.resume();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.drain();
  }
}

/** Opens a datagram socket. */
export async function bindDatagram(
  options: DatagramOptions,
  receive: Receive,
): Promise<DatagramSocket> {
  // `Bun.udpSocket` can neither adopt a socket nor bind next to another.
  if (options.fd !== undefined || options.reuseAddress) return bindNodeDatagram(options, receive);
  const gate = new DatagramGate(receive);
  let bound: BunDatagramSocket | undefined;
  try {
    const socket = await bunGlobal().udpSocket({
      hostname: options.endpoint.host,
      port: options.endpoint.port,
      binaryType: "uint8array",
      socket: {
        data: (_socket, bytes, port, host) => gate.received(bytes, { host, port }),
        drain: () => bound?.drain(),
        // An ICMP error for an earlier reply: it concerns a peer that has disconnected.
        error: () => {},
      },
    });
    return bound = new BunDatagramSocket(socket, gate);
  } catch (error) {
    throw listenError(error, formatEndpoint(options.endpoint));
  }
}
