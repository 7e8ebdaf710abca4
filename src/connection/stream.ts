/**
 * A stream connection: received bytes become messages for a handler, sent messages become bytes.
 *
 * @module
 */

import type { Protocol, UpgradeHandlers } from "../protocol/protocol.ts";
import type { SendBuffer } from "../protocol/buffers.ts";
import type { Session } from "../protocol/session.ts";
import type { GrowingReceiveBuffer } from "../bytes/receive_buffer.ts";
import type { SocketEvents, StreamSocket } from "../runtime/runtime.ts";
import { callHandler, callOnMessage, takeResult } from "./application_calls.ts";
import { StreamSessionContext } from "./session_context.ts";
import { openSession } from "./packet_session.ts";
import * as hold from "./hold.ts";
import * as sides from "./sides.ts";
import { IdleTimeout, patienceOf } from "./idle_timeout.ts";
import { MessageReceiver } from "./message_receiver.ts";
import { ByteStreams, checkRaw } from "./byte_streams.ts";
import { SessionOwner } from "./session_owner.ts";
import { type Outlet, Pipe } from "./pipe.ts";
import { checkSendOptions } from "./send_options.ts";
import { Sender } from "./sender.ts";
import { idleError, type Service } from "./service.ts";
import { DEPARTURES } from "./end_reason.ts";
import { CLOSED, CLOSING, ENDED, FAREWELL, LAST, OPEN } from "./connection_state.ts";
import type {
  Connection,
  Sendable,
  SendOptions,
  SendStatus,
  Transport,
} from "../protocol/connection.ts";

/** A stream connection: TCP, TLS or a Unix socket. */
export class StreamConnection<In = unknown, Out = unknown> extends SessionOwner<In, Out>
  implements Connection<Out>, SocketEvents {
  readonly transport: Transport;
  readonly #socket: StreamSocket;
  readonly #sender: Sender;
  protected readonly receiver: MessageReceiver<In>;
  readonly #context: StreamSessionContext<In, Out>;
  #idleTimeout: IdleTimeout | undefined;
  #phase = OPEN;
  /** `onConnect` has been called, so `onClose` has to be called. */
  #announced = false;
  /** Which sides have ended: see `sides.ts`. */
  #ended = 0;
  #pendingHandlers = 0;

  constructor(socket: StreamSocket, transport: Transport, service: Service<In, Out>) {
    super(socket, service);
    this.#socket = socket;
    this.transport = transport;
    this.#sender = new Sender(socket, this, service.limits.maxSendBufferSize);
    this.receiver = new MessageReceiver<In>(socket, this.#sender, this);
    this.#context = new StreamSessionContext(this);
    this.session = openSession(service.protocol, this.#context);
    this.receiver.use(this.session);
    const { idleTimeout } = service.limits;
    if (idleTimeout > 0) this.#idleTimeout = new IdleTimeout(this, idleTimeout);
  }

  // ---- what handlers see ----

  get bufferedBytes(): number {
    return this.#sender.buffered;
  }

  get open(): boolean {
    return this.#phase === OPEN && (this.#ended & sides.OWN) === 0;
  }

  send(message: Sendable<Out>, options?: SendOptions): SendStatus {
    checkSendOptions(options);
    return this.sendShared(message, undefined, options);
  }

  /** Sends a message that goes to many connections: see `Session.write`. */
  sendShared(
    message: Sendable<Out>,
    shared?: Map<unknown, Uint8Array>,
    options?: SendOptions,
  ): SendStatus {
    if (!this.open || this.session.sealed) return this.refuse("closed", message, options);
    if (this.#sender.full) return this.refuse("full", message, options);
    this.#sender.write(this.session, message, shared, options);
    return this.#sender.full || this.#sender.busy ? "queued" : "accepted";
  }

  close(last?: Sendable<Out>, options?: SendOptions): void {
    checkSendOptions(options);
    if (!this.open && last !== undefined) this.refuse("closed", last, options);
    if (this.#phase !== OPEN) return;
    // Even if the buffer is full: the message cannot be sent again later.
    if (last !== undefined) this.#sender.write(this.session, last, undefined, options);
    this.depart("close");
  }

  end(last?: Sendable<Out>, options?: SendOptions): void {
    // A protocol with an end of its own waits for the peer in its own way.
    if (!this.open || this.endsItself) return this.close(last, options);
    checkSendOptions(options);
    if (last !== undefined) this.#sender.write(this.session, last, undefined, options);
    this.endsFor("app");
    this.#ended |= sides.OWN;
    if ((this.#ended & sides.READ) !== 0) this.depart("close");
    else this.#sender.flush();
  }

  drained(): Promise<boolean> {
    return this.#sender.drained();
  }

  destroy(): void {
    this.endsFor("app");
    if (this.#phase !== CLOSED) this.#socket.destroy();
  }

  terminate(): void {
    this.endsFor("app");
    if (this.#phase !== CLOSED) this.#socket.terminate();
  }

  pause(): void {
    if (this.#phase === OPEN) this.receiver.hold(hold.PAUSED);
  }

  resume(): void {
    this.receiver.release(hold.PAUSED);
  }

  pipe(to: Connection<Out>): void {
    this.#forward(new Pipe(to, this, this.receiver));
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#streams.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#streams.writable;
  }

  // ---- for its session and its service ----

  get queue(): SendBuffer {
    return this.#sender.queue;
  }

  /** True if this side does not take messages now, for a reason other than the session. */
  get held(): boolean {
    return this.receiver.held(~hold.SESSION);
  }

  /** True if `maxSendBufferSize` bytes wait. */
  get full(): boolean {
    return this.#sender.full;
  }

  /** True while messages answer requests: they are then read although a handler is pending. */
  set answering(pending: boolean) {
    this.receiver.answering = pending;
  }

  /** Writes queued bytes at the end of the turn. */
  flush(): void {
    this.#sender.flush();
  }

  /** Makes the session read again. */
  proceed(): void {
    if (this.receiver.held(hold.SESSION)) this.receiver.release(hold.SESSION);
    else this.receiver.pump();
  }

  /** Calls `listener` when all bytes have been sent, or the connection has ended. */
  onceDrained(listener: () => void): void {
    this.#sender.onceDrained(listener);
  }

  /** The service is stopping. A session that knows when it is idle ends then. */
  drain(): void {
    if (this.#phase !== OPEN || this.session.drain === undefined) return;
    this.endsFor("drain");
    this.ask((session) => session.drain?.());
  }

  /** Sends the session's closing handshake, then ends. */
  depart(reason: "close" | "restart" | "error", error?: unknown): void {
    const patience = patienceOf(reason);
    this.endsFor(DEPARTURES[reason]);
    if (this.#phase >= LAST && reason === "restart") return this.shut(patience);
    if (this.#phase !== OPEN) return;
    this.#phase = FAREWELL;
    const waits = this.ask((session) => session.closing?.(this.queue, reason, error));
    if (waits === "sending") this.#phase = LAST;
    else if (waits !== true || (this.#ended & sides.PEER) !== 0) return this.shut(patience);
    this.receiver.releaseAll();
    this.#sender.flush();
  }

  /** Ends once all queued bytes have been sent. */
  shut(patience: number = patienceOf("close")): void {
    if (this.#phase >= CLOSING) return this.#idleTimeout?.hurry(patience);
    this.endsFor("protocol");
    const isLast = this.#phase === LAST;
    this.#phase = CLOSING;
    if (isLast) this.ask((session) => session.closing?.(this.#sender.queue, "restart"));
    this.receiver.close();
    const { lingerTimeout: limit } = this.service.limits;
    (this.#idleTimeout ??= new IdleTimeout(this, limit)).close(limit, patience);
    this.#sender.flush();
  }

  /** Reports `error`, then ends once all queued bytes have been sent. */
  fail(thrown: unknown): void {
    if (this.#phase < CLOSING) this.sessionFailed(thrown);
  }

  /** Switches to another protocol from the next byte on. */
  upgrade<NewIn, NewOut>(
    protocol: Protocol<NewIn, NewOut>,
    handlers?: UpgradeHandlers<NewIn, NewOut>,
  ): Session<NewIn, NewOut> {
    const upgraded = this as unknown as StreamConnection<NewIn, NewOut>;
    const session = openSession(protocol, upgraded.#context);
    upgraded.session = session;
    upgraded.receiver.use(session);
    upgraded.protocolName = protocol.name;
    if (handlers !== undefined) {
      upgraded.handlers = handlers;
      this.#announced = false;
    }
    if (!this.#announced) this.#announce();
    this.proceed();
    return session;
  }

  // ---- events of its socket ----

  /** The connection has been accepted. */
  opened(): void {
    if (this.#phase === OPEN && !this.session.opening) this.#announce();
  }

  received(bytes: Uint8Array, length: number): boolean {
    if (this.#phase >= CLOSING) return false;
    this.bytesRead += length;
    this.service.statistics.bytesRead += length;
    return this.receiver.received(bytes, length);
  }

  ended(): void {
    this.endsFor("peer");
    this.#ended |= sides.PEER;
    if (this.#phase === ENDED) return this.#socket.finish();
    if (this.#phase >= CLOSING) return;
    this.ask((session) => session.peerEnded?.());
    this.receiver.ended();
  }

  progressed(count: number): void {
    this.#sender.progressed(count);
  }

  flushed(): void {
    this.#sender.flushed();
  }

  closed(error?: Error): void {
    if (this.#phase === CLOSED) return;
    if (error === undefined && this.#phase === OPEN && sides.isUnread(this.#ended)) {
      this.#ended |= sides.GONE;
      return;
    }
    this.#phase = CLOSED;
    this.#idleTimeout?.cancel();
    this.#context.release();
    this.#sender.close();
    this.receiver.close();
    this.gone(error);
    const status = this.ask((session) => session.closed?.(error));
    this.ask(() => this.outlet?.close(error));
    if (this.#announced) callHandler(this, this.handlers, "onClose", error, status ?? undefined);
    this.service.groups?.gone(this as StreamConnection);
  }

  // ---- events of its sender, receiver and timeout ----

  admits(): boolean {
    if (this.outlet !== undefined) return this.outlet.admits();
    const { limiter } = this.service;
    if (!limiter.full) return true;
    this.receiver.hold(hold.LIMITER);
    limiter.wait(this);
    return false;
  }

  /** A handler may start, after too many were pending. */
  admitted(): void {
    this.receiver.release(hold.LIMITER);
  }

  handle(message: In): void {
    if (this.#phase === OPEN) this.deliver(message);
  }

  /** Gives a message to its handler. */
  protected deliver(message: In): void {
    this.service.statistics.messages++;
    try {
      if (this.outlet !== undefined) return this.outlet.send(message);
      const result = callOnMessage(this, this.handlers, message);
      if (result !== undefined) takeResult(this, message, result);
    } catch (error) {
      this.handlerFailed("onMessage", error);
    }
  }

  finished(buffer: GrowingReceiveBuffer): void {
    if (this.#phase === FAREWELL) this.shut();
    else if (this.session.end !== undefined) this.ask((session) => session.end?.(buffer));
    else this.#read();
  }

  /** The peer has ended its side, and all its messages have been handled. */
  #read(): void {
    if ((this.#ended & sides.READ) === 0) {
      this.#ended |= sides.READ;
      if (this.outlet?.ended() === true) this.#ended |= sides.ANSWERED;
      callHandler(this, this.handlers, "onEnd");
      // Once more when the handler's promise has settled.
      if (this.#pendingHandlers > 0) return this.receiver.ended();
    }
    const goesOn = this.service.allowHalfOpen || (this.#ended & sides.ANSWERED) !== 0;
    if (!this.open || !goesOn) this.depart("close");
  }

  filled(): void {
    this.receiver.filled();
    callHandler(this, this.service.handlers, "onBufferFull");
  }

  drainedAgain(): void {
    callHandler(this, this.service.handlers, "onBufferDrain");
    this.receiver.release(hold.SEND_BUFFER);
  }

  emptied(): void {
    if (this.bufferedBytes > 0) return;
    if (this.#phase !== CLOSING) {
      if (sides.mustEnd(this.#ended)) this.#endSocket();
      return;
    }
    // Waits for the peer to end, so that the system does not send a reset after the last bytes.
    this.#phase = ENDED;
    if ((this.#ended & sides.GONE) !== 0) this.closed();
    else if ((this.#ended & sides.PEER) !== 0) this.#socket.finish();
    else if ((this.#ended & sides.SENT) === 0) this.#endSocket();
  }

  get #streams(): ByteStreams {
    if (this.outlet instanceof ByteStreams) return this.outlet;
    const streams = new ByteStreams(checkRaw(this), this.receiver);
    this.#forward(streams);
    return streams;
  }

  #forward(outlet: Outlet): void {
    this.outlet = outlet;
    if (this.forwards) this.receiver.release(hold.SEND_BUFFER);
    // A handler that is pending may read from the streams.
    this.receiver.answering = outlet instanceof ByteStreams;
  }

  #endSocket(): void {
    this.#ended |= sides.SENT;
    this.#socket.end();
  }

  stalled(): boolean {
    const isBusy = this.#pendingHandlers > 0 && this.outlet === undefined;
    if (this.#phase < CLOSING && isBusy) return true;
    if (this.#phase >= CLOSING) this.#socket.destroy();
    else this.fail(idleError(this, this.service.limits.idleTimeout));
    return false;
  }

  #announce(): void {
    this.#announced = true;
    callHandler(this, this.handlers, "onConnect");
  }

  pending(change: number): void {
    this.#pendingHandlers += change;
    if (change > 0) this.receiver.hold(hold.HANDLER);
    else if (this.#pendingHandlers === 0) this.receiver.release(hold.HANDLER);
  }
}
