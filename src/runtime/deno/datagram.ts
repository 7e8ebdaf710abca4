/**
 * Datagram sockets on Deno, with `Deno.listenDatagram`.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { connectError, isPeerGone, listenError } from "../errors.ts";
import type {
  ConnectedDatagramSocket,
  DatagramEvents,
  DatagramOptions,
  DatagramSocket,
  InetEndpoint,
  Receive,
} from "../runtime.ts";
import { MAX_READ_SIZE } from "../shared/read_buffer.ts";
import { formatEndpoint } from "../sockets/endpoint.ts";
import { resolveHostname } from "../sockets/hostname.ts";
import { endpointOf, pauseAfterError, released } from "./socket.ts";

class DenoDatagramSocket implements DatagramSocket {
  readonly endpoint: InetEndpoint;
  #conn: Deno.DatagramConn;
  #wake: (() => void) | undefined;
  #paused = false;
  #closed = false;
  readonly #receiving: Promise<void>;

  constructor(conn: Deno.DatagramConn, receive: Receive) {
    this.#conn = conn;
    this.endpoint = endpointOf(conn.addr) as InetEndpoint;
    this.#receiving = this.#receiveAll(receive);
  }

  async send(bytes: Uint8Array, { host, port }: InetEndpoint): Promise<void> {
    await this.#conn.send(bytes, { transport: "udp", hostname: host, port });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.();
    this.#conn.close();
    await this.#receiving;
    await released();
  }

  async #receiveAll(receive: Receive): Promise<void> {
    const buffer = new Uint8Array(MAX_READ_SIZE);
    while (!this.#closed) {
      if (this.#paused) {
        await new Promise<void>((resolve) => this.#wake = resolve);
        continue;
      }
      try {
        const [bytes, peer] = await this.#conn.receive(buffer);
        receive(bytes.slice(), endpointOf(peer) as InetEndpoint);
      } catch (error) {
        // An ICMP error for an earlier reply: it concerns a peer that has disconnected.
        if (!this.#closed && !isPeerGone(error)) await pauseAfterError();
      }
    }
  }
}

/** Opens a datagram socket. */
export function bindDatagram(options: DatagramOptions, receive: Receive): Promise<DatagramSocket> {
  return new Promise((resolve) => resolve(new DenoDatagramSocket(openDatagram(options), receive)));
}

function openDatagram({ endpoint, reuseAddress, fd }: DatagramOptions): Deno.DatagramConn {
  if (fd !== undefined) {
    throw new GoerError(
      "GOER_NOT_SUPPORTED",
      "Cannot adopt a datagram socket: Deno serves only those it binds itself",
    );
  }
  const { host: hostname, port } = endpoint;
  try {
    return Deno.listenDatagram({ transport: "udp", hostname, port, reuseAddress });
  } catch (error) {
    throw listenError(error, formatEndpoint(endpoint));
  }
}

/**
 * Opens a socket for one peer. Deno cannot connect it, so datagrams of others are dropped here, and the
 * system reports no ICMP errors.
 */
export async function connectDatagram(
  { host, port }: InetEndpoint,
  events: DatagramEvents,
): Promise<ConnectedDatagramSocket> {
  try {
    const peer = { host: await resolveHostname(host), port };
    const hostname = peer.host.includes(":") ? "::" : "0.0.0.0";
    const conn = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    const socket = new DenoDatagramSocket(conn, (bytes, from) => {
      if (from.host === peer.host && from.port === port) events.receive(bytes);
    });
    return Object.assign(socket, { peer });
  } catch (error) {
    throw connectError(error, formatEndpoint({ host, port }));
  }
}
