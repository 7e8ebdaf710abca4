/**
 * What a stream connection does with its session: calls it, and reports what it throws.
 *
 * @module
 */

import type { GoerError } from "../errors.ts";
import type { Connection, SendOptions, SendStatus } from "../protocol/connection.ts";
import type { Session } from "../protocol/session.ts";
import { ConnectionBase, type Ends } from "./base.ts";
import type { Handlers } from "./handlers.ts";
import type { Outlet } from "./pipe.ts";
import { type EndReason, endReasonOf } from "./end_reason.ts";
import { handlerError, report, reportProtocol, type Service } from "./service.ts";

/** The protocols that send nothing by themselves, such as the pongs of WebSocket. */
const SILENT: readonly string[] = ["raw", "text", "frame"];

/** The protocols of which a client sends next to nothing by itself while a lot waits for its peer. */
const QUIET: readonly string[] = [...SILENT, "websocket"];

/** A connection with a session. */
export abstract class SessionOwner<In, Out> extends ConnectionBase {
  readonly service: Service<In, Out>;
  /** When it was accepted, in ms since the epoch. */
  readonly since: number = Date.now();
  /** The name of its current protocol. */
  protocolName: string;
  /** Its current session. Protocols find their own methods for a connection here. */
  session!: Session<In, Out>;
  handlers: Handlers<In, Out>;
  /** Where its messages go instead of to `onMessage`. */
  protected outlet: Outlet | undefined;
  /** Why it ends, once something has made it end. */
  #endReason: EndReason | undefined;

  constructor(ends: Ends, service: Service<In, Out>) {
    super(ends);
    this.service = service;
    this.protocolName = service.protocol.name;
    this.handlers = service.handlers;
  }

  /** The largest message, in bytes. */
  get maxPacketSize(): number {
    return this.service.limits.maxPacketSize;
  }

  /**
   * True if its messages go to a pipe or stream, which slows it down itself. A full send buffer is then
   * no reason to stop reading: what is sent does not answer what arrives, and two such connections
   * would wait for each other for ever.
   */
  get forwards(): boolean {
    return this.outlet !== undefined && SILENT.includes(this.protocolName);
  }

  /** True if the app has made it, and most of what is sent does not answer what arrives. */
  get asks(): boolean {
    const { outgoing, protocol } = this.service;
    return outgoing === true && (QUIET.includes(protocol.name) || "input" in protocol);
  }

  /** True if its messages go to the connection with this id. */
  leadsTo(id: number): boolean {
    return this.outlet?.leadsTo(id) === true;
  }

  /** A number that changes when bytes move. */
  get progress(): number {
    return this.bytesRead + this.bytesWritten;
  }

  /** Remembers why it ends, unless something else has made it end before. */
  endsFor(reason: EndReason): void {
    this.#endReason ??= reason;
  }

  /** Its last bytes have been sent or received. */
  protected gone(error: Error | undefined): void {
    const reason = this.#endReason ?? (error === undefined ? "peer" : "connection_error");
    this.service.statistics.ended[reason]++;
    this.service.forget(this as unknown as Connection<Out>);
  }

  /** The system has taken `count` bytes. */
  took(count: number): void {
    this.bytesWritten += count;
    this.service.statistics.bytesWritten += count;
  }

  /** Sends the session's closing handshake, then ends. */
  abstract depart(reason: "close" | "restart" | "error", error?: unknown): void;

  /** Ends once all queued bytes have been sent. */
  abstract shut(patience?: number): void;

  /** A function of the application has thrown, or its promise was rejected. */
  handlerFailed(name: string, error: unknown): void {
    const connection = this as unknown as Connection<Out>;
    const peers = this.session.isPeersFault?.(error) === true;
    const told = peers ? error as GoerError : handlerError(name, connection, error);
    report(this.service, connection, told);
    if (peers) this.endsFor(endReasonOf(error));
    this.depart("error", error);
  }

  /** True for a protocol that ends a connection in its own way. */
  protected get endsItself(): boolean {
    return this.session.end !== undefined || this.session.closing !== undefined;
  }

  protected refuse(status: SendStatus, message: unknown, options?: SendOptions): SendStatus {
    this.service.statistics.sendFailures++;
    if (options?.raw !== true) this.session.refuse?.(message as Out);
    return status;
  }

  protected sessionFailed(thrown: unknown): void {
    const connection = this as unknown as Connection<Out>;
    this.endsFor(endReasonOf(thrown));
    reportProtocol(this.service, connection, { name: this.protocolName, thrown });
    this.shut();
  }

  /** Calls a function of the session. If it throws, the connection ends. */
  protected ask<Result>(call: (session: Session<In, Out>) => Result): Result | undefined {
    try {
      return call(this.session);
    } catch (thrown) {
      this.sessionFailed(thrown);
    }
  }
}
