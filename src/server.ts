/**
 * A service that is listening.
 *
 * @module
 */

import { Departures, type DrainOptions } from "./connection/departures.ts";
import { leave } from "./connection/leave.ts";
import type { ConnectionRegistry } from "./connection/registry.ts";
import type { Statistics } from "./connection/service.ts";
import type { StreamConnection } from "./connection/stream.ts";
import type { Connection } from "./protocol/connection.ts";
import { checkNumber, MAX_DELAY, MAX_SIZE } from "./numbers.ts";
import { BOOLEAN, checkOptions, FUNCTION, NUMBER, type OptionType } from "./option_types.ts";
import { timers } from "./timer/timers.ts";
import type { OpenOptions, OpenTransport } from "./transport/transport.ts";

/** How long a graceful close waits for connections to end by themselves, in ms. */
export const DEFAULT_CLOSE_TIMEOUT = 10_000;

/** Options of {@linkcode Goer.listen}: for processes that share or inherit sockets. */
export interface ListenOptions extends OpenOptions {
  /**
   * UDP: binds next to a socket that is already bound, and receives all new datagrams from then on.
   */
  reuseAddress?: boolean;
  /**
   * Awaited before the socket is opened, when everything that does not need the socket is prepared.
   */
  beforeOpen?: () => Promise<void>;
}

const LISTEN_TYPES: Readonly<Record<keyof ListenOptions, OptionType>> = {
  beforeOpen: FUNCTION,
  fd: NUMBER,
  reuseAddress: BOOLEAN,
  reusePort: BOOLEAN,
};

/**
 * Checks the options of {@linkcode Goer.listen}.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is unknown or not valid.
 */
export function checkListenOptions(options: ListenOptions): void {
  checkOptions(options, { of: "listen", types: LISTEN_TYPES });
  checkNumber("fd", options.fd, [0, MAX_SIZE]);
}

/** Options of {@linkcode Server.close}. */
export interface CloseOptions {
  /**
   * Waits until peers end their connections, or until `timeout`. Otherwise Goer closes each
   * connection when its queued bytes are sent.
   *
   * @default {false}
   */
  graceful?: boolean;
  /**
   * How long a graceful close waits, in ms, from 0 to 2,147,483,647 (about 24 days). Before that,
   * connections that do not end by themselves are closed one after another, according to the option
   * `drain` of the service. After it, the rest is closed.
   *
   * @default {10000}
   */
  timeout?: number;
}

/** The open connections of a service: iterate them, find one by id, or count them. */
export interface Connections<Peer = Connection> extends Iterable<Peer> {
  /** How many are open. */
  readonly size: number;
  /** The open connection with this id. */
  get(id: number): Peer | undefined;
}

/** Work that a graceful close waits for. */
interface PendingWork {
  /** True if work is pending. */
  readonly pending: boolean;
  /** Resolves when none is. */
  ended(): Promise<unknown>;
}

/** The parts of a {@linkcode Server}. */
interface ServerParts<Out> {
  /** Where it listens, with the real port. */
  address: string;
  /** Its transport. */
  transport: OpenTransport;
  /** Its connections. */
  registry: ConnectionRegistry<StreamConnection<unknown, Out>>;
  /** Its statistics. */
  statistics: Statistics;
  /** How its connections are closed during a graceful close. */
  drain?: DrainOptions;
  /** Work that a graceful close waits for. */
  background: PendingWork;
  /** Called after the last connection has ended. */
  released(): Promise<void>;
}

/**
 * A listening service, returned by {@linkcode Goer.listen}.
 *
 * @typeParam Out What {@linkcode Connection.send} takes.
 * @typeParam State The type of {@linkcode Connection.state}.
 * @typeParam Peer The type of connections: some protocols have one of their own.
 *
 * @example
 * ```ts
 * import { Goer } from "@goer/goer";
 *
 * const service = await new Goer("text://127.0.0.1:0").listen();
 * if (service.address === "text://127.0.0.1:0") throw new Error("expected the real port");
 * await service.close();
 * ```
 */
export class Server<Out = unknown, State = unknown, Peer = Connection<Out, State>> {
  /** Where it listens, with the real port: `"text://127.0.0.1:49152"`. */
  readonly address: string;
  /** The open stream connections. */
  readonly connections: Connections<Peer>;
  /** Counters since the service started. */
  readonly statistics: Readonly<Statistics>;
  readonly #made: ServerParts<Out>;
  #stopped: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  /** Created by {@linkcode Goer.listen}. */
  constructor(made: ServerParts<Out>) {
    this.address = made.address;
    this.connections = made.registry as unknown as Connections<Peer>;
    this.statistics = made.statistics;
    this.#made = made;
  }

  /**
   * The address, in an array.
   *
   * @deprecated Use {@linkcode Server.address}.
   */
  get addresses(): readonly [string] {
    return [this.address];
  }

  /**
   * Stops accepting connections. Open ones continue.
   *
   * @returns Settles when the socket is closed.
   */
  stopAccepting(): Promise<void> {
    return this.#stopped ??= Promise.resolve(this.#made.transport.stop());
  }

  /**
   * Stops accepting connections, then ends the open ones.
   *
   * @param options Whether and how long to wait until peers end them.
   * @returns Settles when the last connection has ended. Rejects with `GOER_INVALID_ARGUMENT`, and
   * closes nothing, if the timeout is out of range.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkOptions(options, { of: "close", types: { graceful: BOOLEAN, timeout: NUMBER } });
    checkNumber("timeout", options.timeout, [0, MAX_DELAY]);
    await (this.#closed ??= this.#close(options));
  }

  /** Same as {@linkcode Server.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A connection has ended. */
  forgot(): void {
    if (this.#made.registry.size === 0) this.#emptied?.();
  }

  async #close({ graceful = false, timeout = DEFAULT_CLOSE_TIMEOUT }: CloseOptions): Promise<void> {
    void this.stopAccepting();
    if (graceful) await this.#finish(timeout);
    else await this.#endAll();
    await this.#stopped;
    await this.#made.released();
  }

  /** Waits for the connections and the background work, and stops waiting at the deadline. */
  async #finish(timeout: number): Promise<void> {
    const { registry, background, transport } = this.#made;
    if (registry.size === 0 && !background.pending && transport.idle === undefined) return;
    const emptied = this.#untilEmpty();
    for (const connection of registry) connection.drain();
    let expire = (): void => {};
    const expired = new Promise<void>((resolve) => expire = resolve);
    const deadline = timers.after(timeout, () => {
      this.#leaveAll();
      expire();
    });
    const departures = new Departures({
      ...this.#made.drain,
      connections: registry,
      leave,
      timeout,
    });
    await emptied;
    if (transport.idle !== undefined) {
      await Promise.race([transport.idle(), expired]);
      // Handshakes that had begun have become connections.
      for (const connection of registry) connection.drain();
      await this.#untilEmpty();
    }
    departures.cancel();
    await Promise.race([background.ended(), expired]);
    deadline.cancel();
  }

  async #endAll(): Promise<void> {
    const emptied = this.#untilEmpty();
    this.#leaveAll();
    await emptied;
  }

  #untilEmpty(): Promise<void> {
    if (this.#made.registry.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied = resolve);
  }

  #leaveAll(): void {
    for (const connection of this.#made.registry) connection.depart("restart");
  }
}
