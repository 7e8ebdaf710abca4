/**
 * A datagram connection: one peer and one datagram, with the interface of a stream connection.
 *
 * @module
 */

import { callOnMessage } from "./application_calls.ts";
import type { SessionContext, SessionTimer } from "../protocol/protocol.ts";
import type { ReceiveBuffer, SendBuffer } from "../protocol/buffers.ts";
import { HOLD, MORE, type Session } from "../protocol/session.ts";
import { writeBytes } from "../bytes/outgoing.ts";
import { GrowingReceiveBuffer } from "../bytes/receive_buffer.ts";
import { WriteQueue } from "../bytes/send_buffer.ts";
import { settledPromise } from "../calls.ts";
import { GoerError, ProtocolError } from "../errors.ts";
import { isPromiseLike } from "../promises.ts";
import { formatEndpoint } from "../runtime/sockets/endpoint.ts";
import type { DatagramSocket, InetEndpoint } from "../runtime/runtime.ts";
import { ConnectionBase } from "./base.ts";
import { checkSendOptions } from "./send_options.ts";
import { openSession } from "./packet_session.ts";
import { checkPipe } from "./pipe.ts";
import { handlerError, report, reportProtocol, type Service } from "./service.ts";
import type {
  Connection,
  Sendable,
  SendOptions,
  SendStatus,
  Transport,
} from "../protocol/connection.ts";

/**
 * The most bytes of a datagram: 65,535 without the headers of IP and UDP (RFC 768, RFC 791). IPv6 does
 * not count its own header (RFC 8200 section 3).
 */
const MOST_BYTES = { v4: 65_507, v6: 65_527 };

/** The peer of one datagram. Each message sent to it is a datagram of its own. */
export class DatagramConnection<In = unknown, Out = unknown> extends ConnectionBase
  implements Connection<Out> {
  readonly transport: Transport = "udp";

  readonly #socket: DatagramSocket;
  readonly #peer: InetEndpoint;
  readonly service: Service<In, Out>;
  readonly #session: Session<In, Out>;
  readonly #out = new WriteQueue();
  #open = true;
  #sending = 0;
  #pipe: Connection<Out> | undefined;

  constructor(socket: DatagramSocket, peer: InetEndpoint, service: Service<In, Out>) {
    super(undefined);
    this.#socket = socket;
    this.#peer = peer;
    this.service = service;
    this.#session = openSession(service.protocol, new DatagramContext(this, service, this.#out));
  }

  override get remoteAddress(): string {
    return formatEndpoint(this.#peer);
  }

  override get localAddress(): string {
    return formatEndpoint(this.#socket.endpoint);
  }

  get bufferedBytes(): number {
    return this.#sending;
  }

  get open(): boolean {
    return this.#open;
  }

  send(message: Sendable<Out>, options?: SendOptions): SendStatus {
    checkSendOptions(options);
    if (!this.#open) {
      this.service.statistics.sendFailures++;
      return "closed";
    }
    try {
      if (options?.raw !== true) this.#session.write(message as Out, this.#out);
      else writeBytes(message as Uint8Array | string, this.#out);
    } catch (error) {
      this.#out.clear(); // The next datagram must not begin with part of this message.
      throw error;
    }
    this.#sendOut();
    return "accepted";
  }

  close(last?: Sendable<Out>, options?: SendOptions): void {
    checkSendOptions(options);
    if (last !== undefined) this.send(last, options);
    this.#open = false;
  }

  end(last?: Sendable<Out>, options?: SendOptions): void {
    this.close(last, options);
  }

  /** A datagram is written immediately, or lost. */
  drained(): Promise<boolean> {
    return Promise.resolve(true);
  }

  destroy(): void {
    this.#open = false;
  }

  /** There is nothing to hold back: a datagram arrives whole. */
  pause(): void {}

  /** See {@linkcode DatagramConnection.pause}. */
  resume(): void {}

  pipe(to: Connection<Out>): void {
    checkPipe(to);
    this.#pipe = to;
  }

  get readable(): never {
    throw new GoerError("GOER_NOT_SUPPORTED", "Cannot use a datagram as a stream");
  }

  get writable(): never {
    return this.readable;
  }

  /** Sends what has been written, if anything. */
  flush(): void {
    try {
      if (this.#out.length > 0) this.#sendOut();
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Sends what has been written as one datagram.
   *
   * @throws {GoerError} `GOER_PACKET_TOO_LARGE` if no datagram can carry it.
   */
  #sendOut(): void {
    const bytes = this.#out.takeAll();
    this.#checkSize(bytes.length);
    this.#sending += bytes.length;
    this.#socket.send(bytes, this.#peer).then(
      () => this.#sent(bytes.length),
      (cause) => {
        this.#sending -= bytes.length;
        this.sent();
        this.service.statistics.sendFailures++;
        this.fail(
          new GoerError(
            "GOER_CONNECTION",
            `Cannot send ${bytes.length} bytes to ${this.remoteAddress}: ${cause.message}`,
            { cause },
          ),
        );
      },
    );
  }

  #checkSize(size: number): void {
    const { host } = this.#peer;
    const isV6 = host.includes(":") && !host.includes("."); // An IPv4 address may be mapped to IPv6.
    const most = isV6 ? MOST_BYTES.v6 : MOST_BYTES.v4;
    if (size <= most) return;
    throw new GoerError(
      "GOER_PACKET_TOO_LARGE",
      `Cannot send ${size} bytes to ${this.remoteAddress}: a datagram carries at most ${most}. Send several`,
    );
  }

  /** Handles every message of the datagram, in order. */
  receive(bytes: Uint8Array): void {
    this.bytesRead += bytes.length;
    this.service.statistics.bytesRead += bytes.length;
    const buffer = new GrowingReceiveBuffer();
    buffer.add(bytes, bytes.length);
    if (bytes.length > 0) this.#next(buffer);
    else this.#receiveEmpty(buffer);
  }

  /** An empty datagram can be a message: of raw bytes, or an empty line. */
  #receiveEmpty(buffer: GrowingReceiveBuffer): void {
    try {
      const message = this.#session.read(buffer);
      if (message === MORE || message === HOLD) return;
      const result = this.#handle(message);
      if (isPromiseLike(result)) this.#await(result, buffer);
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  fail(thrown: unknown): void {
    const { name } = this.service.protocol;
    reportProtocol(this.service, this as Connection<Out>, { name, thrown });
  }

  #sent(count: number): void {
    this.#sending -= count;
    this.bytesWritten += count;
    this.service.statistics.bytesWritten += count;
    this.sent();
  }

  /** A datagram has been sent, or lost. */
  protected sent(): void {}

  #next(buffer: GrowingReceiveBuffer): void {
    try {
      while (this.#open && buffer.length > 0) {
        const message = this.#read(buffer);
        const result = this.#handle(message);
        if (isPromiseLike(result)) return this.#await(result, buffer);
      }
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  #read(buffer: ReceiveBuffer): In {
    const message = this.#session.read(buffer);
    if (message === MORE || message === HOLD) {
      throw new ProtocolError(
        `A datagram from ${this.remoteAddress} ends inside a packet: ${buffer.length} bytes are left over`,
      );
    }
    return message;
  }

  #handle(message: In): unknown {
    this.service.statistics.messages++;
    try {
      if (this.#pipe !== undefined) return void this.#pipe.send(message as unknown as Out);
      return callOnMessage(this, this.service.handlers, message);
    } catch (error) {
      this.handlerFailed("onMessage", error);
    }
  }

  #await(promise: PromiseLike<unknown>, buffer: GrowingReceiveBuffer): void {
    const { limiter } = this.service;
    limiter.enter();
    settledPromise(promise).then(
      () => this.#next(buffer),
      (error) => this.handlerFailed("onMessage", error),
    ).finally(() => limiter.leave());
  }

  handlerFailed(name: string, error: unknown): void {
    report(this.service, this as Connection<Out>, handlerError(name, this, error));
    this.#open = false;
  }
}

/** What a session can do with a datagram connection: there is no stream to pause or end. */
class DatagramContext<In, Out> implements SessionContext<In, Out> {
  readonly connection: Connection<Out>;
  readonly out: SendBuffer;
  readonly maxPacketSize: number;
  readonly datagram = true;
  readonly held = false;
  readonly #datagram: DatagramConnection<In, Out>;

  constructor(
    connection: DatagramConnection<In, Out>,
    service: Service<In, Out>,
    out: SendBuffer,
  ) {
    this.#datagram = connection;
    this.connection = connection as Connection<Out>;
    this.out = out;
    this.maxPacketSize = service.limits.maxPacketSize;
  }

  flush(): void {
    this.#datagram.flush();
  }

  proceed(): void {}

  onceDrained(listener: () => void): void {
    queueMicrotask(listener);
  }

  advancing(): boolean {
    return false;
  }

  after(): SessionTimer {
    throw this.#unsupported("set a timer");
  }

  close(): void {
    this.connection.close();
  }

  fail(error: Error): void {
    this.#datagram.fail(error);
  }

  handlerFailed(name: string, thrown: unknown): void {
    this.#datagram.handlerFailed(name, thrown);
  }

  /** The only events of datagrams are messages and errors. */
  handler(): undefined {}

  terminate(): void {
    this.connection.destroy();
  }

  upgrade(): never {
    throw this.#unsupported("speak another protocol");
  }

  #unsupported(what: string): GoerError {
    return new GoerError(
      "GOER_NOT_SUPPORTED",
      `Cannot ${what} on a datagram: it ends when its handler has finished`,
    );
  }
}
