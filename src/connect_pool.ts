/**
 * Pools of outgoing connections.
 *
 * @module
 */

import { clientSettings } from "./client_settings.ts";
import type { ClientOf, ConnectOptions } from "./connect_options.ts";
import { GoerError } from "./errors.ts";
import type { ClientConnection } from "./outgoing/client.ts";
import type { RequestOptions } from "./outgoing/options.ts";
import { type PoolLimits, resolvePool } from "./outgoing/pool_options.ts";
import type { AnyProtocol, MessageIn, MessageOut, ProtocolOf } from "./schemes.ts";

export type { PoolLimits };

/**
 * The options of {@linkcode connectPool}.
 *
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export interface PoolOptions<Kind extends AnyProtocol = AnyProtocol, State = unknown>
  extends PoolLimits {
  /**
   * Checks a connection that was used before, each time before it is used again. If the function does
   * not return true, throws or rejects, the pool closes the connection and takes another one.
   * Default: a connection that is open can be used.
   */
  validate?: (connection: ClientOf<Kind, State>) => boolean | Promise<boolean>;
  /** The options of the connections: handlers, limits, the protocol. Not `reconnect`. */
  connect?: ConnectOptions<Kind, State>;
}

/**
 * A pool of connections to one address.
 *
 * @typeParam Kind The protocol.
 * @typeParam State The type of {@linkcode Connection.state}.
 */
export interface ConnectionPool<Kind, State = unknown> extends AsyncDisposable {
  /** How many connections there are, used or not. */
  readonly size: number;
  /** How many of them are not in use. */
  readonly idle: number;
  /** How many callers wait for a connection. */
  readonly waiting: number;
  /**
   * Takes a connection out of the pool, or makes one. Others cannot use it until you release it.
   * {@linkcode ConnectionPool.use} does both.
   *
   * @param options `signal`: stops waiting when it is aborted.
   * @returns The connection.
   * @throws {GoerError} `GOER_CONNECT_FAILED` if a connection cannot be made, `GOER_TIMEOUT` if none
   * is free within `acquireTimeout`, `GOER_TOO_MANY` if `maxWaiting` callers wait, `GOER_CONNECTION`
   * if the pool is closed.
   */
  acquire(options?: { signal?: AbortSignal }): Promise<ClientOf<Kind, State>>;
  /**
   * Gives a connection back. One that is closed, or waits for answers, is not used again.
   *
   * @param connection A connection from `acquire`.
   * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is not in use in this pool.
   */
  release(connection: ClientOf<Kind, State>): void;
  /**
   * Calls `task` with a connection, which no other caller gets meanwhile, and gives it back.
   *
   * @param task What to do. Its result can be a promise.
   * @param options `signal`: stops waiting for the connection when it is aborted.
   * @returns The result of `task`.
   * @throws {GoerError} As {@linkcode ConnectionPool.acquire}, and what `task` throws.
   */
  use<Result>(
    task: (connection: ClientOf<Kind, State>) => Result | Promise<Result>,
    options?: { signal?: AbortSignal },
  ): Promise<Result>;
  /**
   * Sends one request on a connection of the pool: see {@linkcode Client.request}.
   *
   * @param message The request.
   * @param options How long to wait for the answer, from when it is sent. `signal` also stops waiting
   * for a connection.
   * @returns The answer.
   * @throws {GoerError} As {@linkcode ConnectionPool.acquire} and {@linkcode Client.request}.
   */
  request(message: MessageOut<Kind>, options?: RequestOptions): Promise<MessageIn<Kind>>;
  /**
   * Closes all connections: those in use once they are released. Those who wait get an error.
   *
   * @returns Resolves when the last connection has been released.
   */
  close(): Promise<void>;
}

/**
 * Makes a pool of connections to `address`. Connections are made when they are needed, `min` of them
 * at once.
 *
 * @param address As for {@linkcode connect}.
 * @param options How many connections, who waits for them, and the options of `connect`.
 * @returns The pool, once it has `min` connections.
 * @throws {GoerError} `GOER_CONNECT_FAILED` if one of these cannot be made; `GOER_INVALID_ARGUMENT`
 * if the address or an option is not valid.
 *
 * @example
 * ```ts
 * import { connectPool, Goer, text } from "@goer/goer";
 *
 * const goer = new Goer("text://127.0.0.1:0");
 * goer.onMessage = (connection, line) => connection.send(line.toUpperCase());
 * await using service = await goer.listen();
 *
 * await using pool = await connectPool(service.address, { max: 4, connect: { protocol: text } });
 * const answers = await Promise.all(["one", "two"].map((word) => pool.request(word)));
 * if (answers.join() !== "ONE,TWO") throw new Error();
 * ```
 */
export async function connectPool<
  Address extends string,
  Kind extends AnyProtocol = ProtocolOf<Address>,
  State = unknown,
>(
  address: Address,
  options: PoolOptions<Kind, State> = {},
): Promise<ConnectionPool<Kind, State>> {
  const limits = resolvePool(options);
  const client = await clientSettings(address, options.connect ?? {});
  if (client.target.parsed.transport === "udp") {
    const message = `Cannot make a pool of ${address}: one connection over UDP is enough`;
    throw new GoerError("GOER_NOT_SUPPORTED", message);
  }
  // Most apps have no pool.
  const { ClientPool } = await import("./outgoing/pool.ts");
  const validate = options.validate as ((connection: ClientConnection) => unknown) | undefined;
  const pool = new ClientPool({ ...limits, client, validate });
  await pool.fill();
  return pool as unknown as ConnectionPool<Kind, State>;
}
