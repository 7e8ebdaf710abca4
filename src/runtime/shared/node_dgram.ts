/**
 * Datagram sockets of `node:dgram`: all of Node's, and on Bun those that are inherited or have one peer.
 *
 * @module
 */

import * as dgram from "node:dgram";
import { connectError, isPeerGone, listenError } from "../errors.ts";
import { plainBytes } from "../bytes/buffer.ts";
import type {
  ConnectedDatagramSocket,
  DatagramEvents,
  DatagramOptions,
  DatagramSocket,
  InetEndpoint,
  Receive,
} from "../runtime.ts";
import { formatEndpoint } from "../sockets/endpoint.ts";
import { resolveHostname } from "../sockets/hostname.ts";

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
  protected readonly socket: dgram.Socket;
  readonly #gate: DatagramGate;
  #closed = false;

  constructor(socket: dgram.Socket, receive: Receive) {
    const { address, port } = socket.address();
    this.endpoint = { host: address, port };
    this.socket = socket;
    this.#gate = new DatagramGate(receive);
    socket.on("message", (bytes, peer) => {
      this.#gate.received(plainBytes(bytes), { host: peer.address, port: peer.port });
    });
    // An ICMP answer to an earlier reply: it concerns a peer that is gone.
    socket.on("error", () => {});
  }

  send(bytes: Uint8Array, { host, port }: InetEndpoint): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(bytes, port, host, (error) => {
        if (!error) return resolve();
        // On Bun it may be what became of an earlier datagram, to a peer that is gone.
        this.socket.send(bytes, port, host, (error) => error ? reject(error) : resolve());
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
    this.socket.close();
  }
}

/** A socket that the system has connected to one peer (RFC 1122 section 4.1.3.5). */
class NodeConnectedSocket extends NodeDatagramSocket implements ConnectedDatagramSocket {
  readonly peer: InetEndpoint;
  readonly #events: DatagramEvents;

  constructor(socket: dgram.Socket, peer: InetEndpoint, events: DatagramEvents) {
    super(socket, (bytes) => events.receive(bytes));
    this.peer = peer;
    this.#events = events;
    socket.on("error", (error) => events.failed(error));
  }

  override send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(bytes, (error) => {
        if (!error) return resolve();
        if (!isPeerGone(error)) return reject(error);
        // It is the answer to an earlier datagram, and this one has not been sent.
        this.#events.failed(error);
        this.socket.send(bytes, (error) => error ? reject(error) : resolve());
      });
    });
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

/** Connects a socket of `node:dgram` to one peer. */
export async function connectNodeDatagram(
  { host, port }: InetEndpoint,
  events: DatagramEvents,
): Promise<ConnectedDatagramSocket> {
  let socket: dgram.Socket | undefined;
  try {
    const peer = { host: await resolveHostname(host), port };
    socket = dgram.createSocket(peer.host.includes(":") ? "udp6" : "udp4");
    await connected(socket, peer);
    return new NodeConnectedSocket(socket, peer, events);
  } catch (error) {
    socket?.close();
    throw connectError(error, formatEndpoint({ host, port }));
  }
}

function connected(socket: dgram.Socket, { host, port }: InetEndpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.connect(
      port,
      host,
      ((error?: Error) => {
        socket.off("error", reject);
        if (error) reject(error);
        else resolve();
      }) as () => void,
    );
  });
}
