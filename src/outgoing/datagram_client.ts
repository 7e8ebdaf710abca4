/**
 * A connection to one peer over UDP.
 *
 * @module
 */

import { callApplication } from "../calls.ts";
import {
  ConcurrencyLimiter,
  maxPendingHandlers,
  type Waiter,
} from "../connection/concurrency_limiter.ts";
import { DatagramConnection } from "../connection/datagram.ts";
import { handlerError, report, type Service, Statistics } from "../connection/service.ts";
import { GoerError } from "../errors.ts";
import type { Connection, Sendable, SendOptions } from "../protocol/connection.ts";
import { runtime } from "../runtime/mod.ts";
import type { ConnectedDatagramSocket, InetEndpoint } from "../runtime/runtime.ts";
import { timers } from "../timer/timers.ts";
import type { ClientSettings } from "./client.ts";
import type { Target } from "./dial.ts";
import type { RequestOptions } from "./options.ts";
import { PendingRequests } from "./pending_requests.ts";

/**
 * Opens a socket for the datagrams of one peer.
 *
 * @throws {GoerError} `GOER_CONNECT_FAILED` if the name of the peer is not resolved in time, or there
 * is no route.
 */
export async function connectDatagrams(settings: ClientSettings): Promise<Connection> {
  const { target } = settings;
  const receiver: { client?: DatagramClient } = {};
  const connecting = runtime.connectDatagram(target.parsed.endpoint as InetEndpoint, {
    receive: (bytes) => receiver.client?.arrived(bytes),
    failed: (cause) => receiver.client?.refused(cause),
  });
  const client = new DatagramClient(await inTime(connecting, target), settings);
  receiver.client = client;
  client.begin();
  return client;
}

function inTime(
  connecting: Promise<ConnectedDatagramSocket>,
  { address, timeout }: Target,
): Promise<ConnectedDatagramSocket> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = timers.after(timeout, () => {
      isLate = true;
      const reason = `its name was not resolved within ${timeout} ms`;
      reject(new GoerError("GOER_CONNECT_FAILED", `Cannot connect to ${address}: ${reason}`));
    }, { ref: false });
    connecting
      .then((socket) => isLate ? void socket.close() : resolve(socket), reject)
      .finally(() => timer.cancel());
  });
}

/** What the datagrams of a client have in common with those of a service. */
function serviceOf(settings: ClientSettings, requests: PendingRequests<unknown>): Service {
  const { target, handlers } = settings;
  return {
    protocol: target.protocol,
    handlers: {
      ...handlers,
      onMessage: (connection, message) => {
        if (!requests.answer(message)) return handlers.onMessage?.(connection, message);
      },
    },
    limits: target.limits,
    limiter: new ConcurrencyLimiter(
      maxPendingHandlers({ maxConcurrentHandlers: 0 }, target.parsed),
    ),
    statistics: new Statistics(),
    forget: () => {},
  };
}

/** A connection to one peer over UDP: it lasts until the application closes it. */
class DatagramClient extends DatagramConnection implements Waiter {
  readonly #socket: ConnectedDatagramSocket;
  readonly #settings: ClientSettings;
  readonly #requests: PendingRequests<unknown>;
  #over = false;

  constructor(socket: ConnectedDatagramSocket, settings: ClientSettings) {
    const { target: { address }, maxPendingRequests } = settings;
    const requests = new PendingRequests<unknown>(address, maxPendingRequests);
    super(socket, socket.peer, serviceOf(settings, requests));
    this.#socket = socket;
    this.#settings = settings;
    this.#requests = requests;
  }

  /** Creates the state, and tells the application. */
  begin(): void {
    const { state, handlers: { onConnect } } = this.#settings;
    const failed = (name: string) => (thrown: unknown) => this.handlerFailed(name, thrown);
    if (state !== undefined) callApplication(() => this.state = state(), failed("state"));
    if (onConnect !== undefined) callApplication(() => onConnect(this), failed("onConnect"));
  }

  get connected(): boolean {
    return this.open;
  }

  get pendingRequests(): number {
    return this.#requests.size;
  }

  async request(message: unknown, options: RequestOptions = {}): Promise<unknown> {
    // Its answer may be lost, so that the next datagram is the answer to a later request.
    const request = this.#requests.make(options, (abandoned) => this.#requests.remove(abandoned));
    try {
      if (this.send(message) === "closed") request.fail(this.#closedError());
      else this.#requests.add(request);
    } catch (thrown) {
      request.fail(thrown);
    }
    return await request.answered;
  }

  override close(last?: Sendable<unknown>, options?: SendOptions): void {
    super.close(last, options);
    this.#end();
  }

  override destroy(): void {
    super.destroy();
    this.#end();
  }

  override handlerFailed(name: string, thrown: unknown): void {
    super.handlerFailed(name, thrown);
    this.#end();
  }

  // ---- events of the socket ----

  arrived(bytes: Uint8Array): void {
    if (!this.open) return;
    this.receive(bytes);
    const { limiter } = this.service;
    if (!limiter.full) return;
    this.#socket.pause();
    limiter.wait(this);
  }

  admitted(): void {
    this.#socket.resume();
  }

  /** The network reports that a datagram has not arrived. */
  refused(cause: Error): void {
    if (!this.open) return;
    const message = `${this.remoteAddress} does not receive datagrams: ${cause.message}`;
    const error = new GoerError("GOER_CONNECTION", message, { cause });
    this.#requests.fail(error);
    report(this.service, this as Connection<unknown>, error);
  }

  protected override sent(): void {
    if (!this.open) this.#end();
  }

  /** Closes the socket when everything has been sent. */
  #end(): void {
    if (this.#over || this.bufferedBytes > 0) return;
    this.#over = true;
    this.#socket.close();
    this.#requests.fail(this.#closedError());
    const { onClose } = this.#settings.handlers;
    const failed = (thrown: unknown) =>
      report(this.service, this, handlerError("onClose", this, thrown));
    if (onClose !== undefined) callApplication(() => onClose(this), failed);
  }

  #closedError(): GoerError {
    const message = `No answer from ${this.#settings.target.address}: the connection has ended`;
    return new GoerError("GOER_CONNECTION", message);
  }
}
