/**
 * A socket whose peer begins with a PROXY header. Its connection exists from the start, so that it
 * counts and ends like any other, but its protocol sees nothing before the header is complete.
 *
 * @module
 */

import { proxyOf, type ProxyProtocol } from "../clients/proxy_protocol.ts";
import type { ProxyReader } from "../clients/proxy_reader.ts";
import { ProtocolError } from "../errors.ts";
import type { SocketEvents, SocketProxy, StreamSocket } from "../runtime/runtime.ts";
import { type Timer, timers } from "../timer/timers.ts";

const NOTHING = new Uint8Array(0);

/** Learns why the connection with these events has ended. */
type Refused = (events: SocketEvents, error: ProtocolError) => void;

/** Hides the PROXY header of a socket, and shows the client instead of the peer. */
export class ProxiedSocket implements StreamSocket, SocketEvents {
  /** What the peer has sent. */
  proxy: SocketProxy | undefined;
  readonly #socket: StreamSocket;
  readonly #refused: Refused;
  #events!: SocketEvents;
  /** Reads the header, until it is complete. */
  #reader: ProxyReader | undefined;
  #deadline: Timer | undefined;

  /**
   * @param socket The socket of the peer.
   * @param proxies The proxies that send a header.
   * @param refused Called when the connection ends because of its header.
   */
  constructor(
    socket: StreamSocket,
    proxies: ProxyProtocol,
    refused: Refused,
  ) {
    this.#socket = socket;
    this.#refused = refused;
    this.#reader = proxies.open(socket.remoteAddress);
    if (!this.#reader.required) return;
    const options = { argument: this as ProxiedSocket, ref: false };
    this.#deadline = timers.after(proxies.timeout, expire, options);
  }

  get remoteAddress(): string {
    return this.proxy?.header.source ?? this.#socket.remoteAddress;
  }

  get localAddress(): string {
    return this.#socket.localAddress;
  }

  /** The runtime starts the socket with this one as its events. */
  start(events: SocketEvents): void {
    this.#events = events;
  }

  write(bytes: Uint8Array, length: number): boolean {
    return this.#socket.write(bytes, length);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  finish(): void {
    this.#socket.finish();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  opened(): void {
    if (this.#reader?.required !== true) this.#events.opened();
  }

  received(bytes: Uint8Array, length: number): boolean {
    if (this.#reader === undefined) return this.#events.received(bytes, length);
    return this.#read(this.#reader, bytes.subarray(0, length));
  }

  ended(): void {
    const reader = this.#reader;
    if (reader?.required === true) return this.#refuse("the peer ended its side before that");
    // What looked like the beginning of a header is all that the peer has sent.
    const held = reader?.takeHeld() ?? NOTHING;
    if (held.length > 0) this.#events.received(held, held.length);
    this.#reader = undefined;
    this.#events.ended();
  }

  progressed(count: number): void {
    this.#events.progressed(count);
  }

  flushed(): void {
    this.#events.flushed();
  }

  closed(error?: Error): void {
    this.#deadline?.cancel();
    this.#events.closed(error);
  }

  /** The time is up. */
  expired(): void {
    this.#refuse("it did not arrive in time");
  }

  /** Returns true if the bytes must be kept. */
  #read(reader: ProxyReader, bytes: Uint8Array): boolean {
    let rest: Uint8Array | undefined;
    try {
      rest = reader.take(bytes);
    } catch (error) {
      this.#end(error as ProtocolError);
      return false;
    }
    if (rest === undefined) return false;
    this.#deadline?.cancel();
    this.#reader = undefined;
    const { header } = reader;
    if (header !== undefined) this.proxy = proxyOf(header, this.#socket.remoteAddress);
    if (reader.required) this.#events.opened();
    return rest.length > 0 && this.#events.received(rest, rest.length);
  }

  #refuse(reason: string): void {
    this.#end(new ProtocolError(`Cannot read the PROXY header: ${reason}`));
  }

  #end(error: ProtocolError): void {
    this.#refused(this.#events, error);
    this.#socket.destroy();
  }
}

/** One function for all sockets. */
function expire(socket: ProxiedSocket): void {
  socket.expired();
}
