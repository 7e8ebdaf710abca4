/**
 * One attempt to connect: from the socket until the connection is ready or has failed.
 *
 * @module
 */

import type { ParsedAddress } from "../address.ts";
import { reasonOf } from "../calls.ts";
import { ConcurrencyLimiter } from "../connection/concurrency_limiter.ts";
import type { Handlers } from "../connection/handlers.ts";
import { type ConnectionLimits, type Service, Statistics } from "../connection/service.ts";
import { StreamConnection } from "../connection/stream.ts";
import { GoerError } from "../errors.ts";
import type { Protocol } from "../protocol/protocol.ts";
import { runtime } from "../runtime/mod.ts";
import type { ProxyServer, StreamSocket, TlsTrust } from "../runtime/runtime.ts";
import { timers } from "../timer/timers.ts";

/** Where to connect, and how. */
export interface Target {
  /** The address, as the application wrote it. */
  readonly address: string;
  readonly parsed: ParsedAddress;
  /** The client side of the protocol. */
  readonly protocol: Protocol<unknown>;
  readonly limits: ConnectionLimits;
  readonly allowHalfOpen: boolean | undefined;
  /** How long an attempt may take, in ms. */
  readonly timeout: number;
  /** Which certificates to trust, over TLS. */
  readonly tls: TlsTrust | undefined;
  /** The proxy to connect through. */
  readonly proxy: ProxyServer | undefined;
  /** What to send before anything else. */
  readonly preface: Uint8Array | undefined;
}

/** Who uses the connection. */
export interface Dialer {
  /** The handlers of the connection. Errors before it is ready go to the caller of `dial`. */
  readonly handlers: Handlers<unknown, unknown>;
  /** There is a socket, and nothing has been read from it yet. */
  prepare(connection: StreamConnection): void;
}

/**
 * Connects to `target`.
 *
 * @param signal Gives up, with its reason.
 * @returns The connection, once it is ready: `onConnect` has been called.
 * @throws {GoerError} `GOER_CONNECT_FAILED` if connecting fails.
 */
export async function dial(
  target: Target,
  dialer: Dialer,
  signal?: AbortSignal,
): Promise<StreamConnection> {
  const { address, parsed, timeout, tls, proxy, preface } = target;
  const controller = new AbortController();
  const late = () => controller.abort(new Error(`No answer within ${timeout} ms`));
  const deadline = timers.after(timeout, late, { ref: false });
  const giveUp = () => controller.abort(signal!.reason);
  signal?.addEventListener("abort", giveUp);
  try {
    const socket = await runtime.connect({
      endpoint: parsed.endpoint,
      tls: parsed.transport === "tls" ? tls ?? {} : undefined,
      proxy,
      preface,
      signal: controller.signal,
    });
    const attempt = new Attempt(address, dialer);
    return await attempt.run(socket, target, controller.signal);
  } finally {
    signal?.removeEventListener("abort", giveUp);
    deadline.cancel();
  }
}

/** A connection from its socket until it is ready or has failed. */
class Attempt {
  readonly #address: string;
  readonly #dialer: Dialer;
  readonly #settled: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #ready = false;
  #error: Error | undefined;

  constructor(address: string, dialer: Dialer) {
    this.#address = address;
    this.#dialer = dialer;
    this.#settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Uses the protocol on `socket`. Settles once the connection is ready, or has failed. */
  async run(socket: StreamSocket, target: Target, signal: AbortSignal): Promise<StreamConnection> {
    const connection = this.#begin(socket, target);
    const abort = () => {
      this.#error = signal.reason;
      connection.destroy();
    };
    signal.addEventListener("abort", abort);
    try {
      await this.#settled;
    } finally {
      signal.removeEventListener("abort", abort);
    }
    return connection;
  }

  #begin(socket: StreamSocket, { parsed, ...target }: Target): StreamConnection {
    const service: Service = {
      protocol: target.protocol,
      handlers: this.#handlers(),
      limits: target.limits,
      outgoing: true,
      allowHalfOpen: target.allowHalfOpen,
      limiter: new ConcurrencyLimiter(Infinity),
      statistics: new Statistics(),
      forget: () => this.#forgotten(),
    };
    try {
      const connection = new StreamConnection(socket, parsed.transport, service);
      this.#dialer.prepare(connection);
      socket.start(connection);
      return connection;
    } catch (cause) {
      socket.destroy();
      throw this.#failure(reasonOf(cause), cause);
    }
  }

  #handlers(): Handlers<unknown, unknown> {
    const { handlers } = this.#dialer;
    return {
      ...handlers,
      onConnect: (connection) => {
        this.#ready = true;
        this.#resolve();
        return handlers.onConnect?.(connection);
      },
      onError: (connection, error) => {
        if (!this.#ready) return void (this.#error ??= error);
        return handlers.onError?.(connection, error);
      },
    };
  }

  #forgotten(): void {
    if (this.#ready) return;
    const cause = this.#error;
    this.#reject(this.#failure(cause?.message ?? "the peer closed the connection", cause));
  }

  #failure(reason: string, cause: unknown): GoerError {
    return new GoerError("GOER_CONNECT_FAILED", `Cannot connect to ${this.#address}: ${reason}`, {
      cause,
    });
  }
}
