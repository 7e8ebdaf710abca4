/**
 * The part of Bun's API that Goer uses, declared here so that users do not need Bun's types.
 *
 * @module
 */

/** The global `Bun`. */
export interface BunGlobal {
  /** Bun's version. */
  readonly version: string;
  /** Opens a listening stream socket. */
  listen<Data>(options: BunListenOptions<Data>): BunListener;
  /** Binds a datagram socket. */
  udpSocket(options: BunUdpOptions): Promise<BunUdpSocket>;
  /** Registers a plugin, which changes how modules are loaded. */
  plugin(plugin: { name: string; setup(build: BunPluginBuilder): void }): void;
}

/** Bun's API. Only on Bun. */
export function bunGlobal(): BunGlobal {
  return (globalThis as unknown as { Bun: BunGlobal }).Bun;
}

/** What a Bun plugin is set up with. */
export interface BunPluginBuilder {
  /** Provides the module of this name. */
  module(name: string, load: () => Promise<{ exports: object; loader: "object" }>): void;
}

/** Options of `Bun.listen`. */
export interface BunListenOptions<Data> {
  hostname?: string;
  port?: number;
  unix?: string;
  fd?: number;
  reusePort?: boolean;
  allowHalfOpen?: boolean;
  socket: {
    /** The type of received data. Without it: a `Buffer`, whose `slice()` makes no copy. */
    binaryType: "uint8array";
    open(socket: BunSocket<Data>): void;
    data(socket: BunSocket<Data>, chunk: Uint8Array): void;
    drain(socket: BunSocket<Data>): void;
    end(socket: BunSocket<Data>): void;
    close(socket: BunSocket<Data>, error?: unknown): void;
    error(socket: BunSocket<Data>, error: unknown): void;
  };
}

/** What `Bun.listen` returns. */
export interface BunListener {
  readonly hostname: string;
  readonly port: number;
  readonly fd: number;
  stop(closeActiveConnections?: boolean): void;
}

/** A stream socket. */
export interface BunSocket<Data> {
  data: Data;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /**
   * Writes `length` bytes from `bytes[start]`. Returns how many the system took; negative if the
   * socket is closed.
   */
  write(bytes: Uint8Array, start: number, length: number): number;
  pause(): void;
  resume(): void;
  shutdown(): void;
  /** Closes the socket. Bytes that the system has taken are still sent. */
  close(): void;
  /** Closes the socket with a reset: the peer loses what it has not read yet. */
  terminate(): void;
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean): void;
}

/** Options of `Bun.udpSocket`. */
export interface BunUdpOptions {
  hostname: string;
  port: number;
  /** The type of received data: see `binaryType` of {@linkcode BunListenOptions}. */
  binaryType: "uint8array";
  socket: {
    data(socket: BunUdpSocket, bytes: Uint8Array, port: number, host: string): void;
    drain(socket: BunUdpSocket): void;
    error(socket: BunUdpSocket, error: unknown): void;
  };
}

/** A datagram socket. */
export interface BunUdpSocket {
  readonly hostname: string;
  readonly port: number;
  /** False if the system's buffer is full. */
  send(bytes: Uint8Array, port: number, host: string): boolean;
  close(): void;
}
