/**
 * Datagram sockets of `node:dgram`: all of Node's, and on Bun those that are inherited.
 *
 * @module
 */

import * as dgram from "node:dgram";
import { formatEndpoint } from "../sockets/endpoint.ts";
import { listenError } from "../errors.ts";
import { plainBytes } from "../bytes/buffer.ts";
import type { DatagramOptions, DatagramSocket, InetEndpoint, Receive } from "../runtime.ts";

/** How many datagrams wait while receiving is paused, before new ones are dropped. */
const MAX_HELD_DATAGRAMS = 256;

/**
 * Holds datagrams back where a runtime cannot stop reading: up to {@linkcode MAX_HELD_DATAGRAMS},
 * then new ones are dropped, as the system does it.
 */
export class DatagramGate {
  #receive: Receive;
  #paused = false;
  #held: [Uint8Array, InetEndpoint][] = [];

  constructor(receive: Receive) {
    this.#receive = receive;
  }

  received(bytes: Uint8Array, peer: InetEndpoint): void {
    if (!this.#paused) this.#receive(bytes, peer);
    else if (this.#held.length < MAX_HELD_DATAGRAMS) this.#held.push([bytes, peer]);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    while (!this.#paused && this.#held.length > 0) this.#receive(...this.#held.shift()!);
  }
}

class NodeDatagramSocket implements DatagramSocket {
  readonly endpoint: InetEndpoint;
  #socket: dgram.Socket;
  #gate: DatagramGate;
  #closed = false;

  constructor(socket: dgram.Socket, receive: Receive) {
    const { address, port } = socket.address();
    this.endpoint = { host: address, port };
    this.#socket = socket;
    this.#gate = new DatagramGate(receive);
    socket.on("message", (bytes, peer) => {
      this.#gate.received(plainBytes(bytes), { host: peer.address, port: peer.port });
    });
    // An ICMP answer to an earlier reply: it concerns a peer that is gone.
    socket.on("error", () => {});
  }

  send(bytes: Uint8Array, { host, port }: InetEndpoint): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, port, host, (error) => {
        if (!error) return resolve();
        // On Bun it may be what became of an earlier datagram, to a peer that is gone.
        this.#socket.send(bytes, port, host, (error) => error ? reject(error) : resolve());
      });
    });
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
  }
}

/** Receives by `node:dgram`, on an address or an inherited descriptor. */
export function bindNodeDatagram(
  options: DatagramOptions,
  receive: Receive,
): Promise<DatagramSocket> {
  const { endpoint: { host, port }, fd, reuseAddress } = options;
  const socket = dgram.createSocket({
    type: host.includes(":") ? "udp6" : "udp4",
    reuseAddr: reuseAddress,
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(listenError(error, formatEndpoint(options.endpoint)));
    });
    socket.bind(fd === undefined ? { address: host, port } : { fd }, () => {
      socket.removeAllListeners("error");
      resolve(new NodeDatagramSocket(socket, receive));
    });
  });
}
