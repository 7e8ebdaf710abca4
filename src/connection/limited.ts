/**
 * A stream connection of a service with `clientLimits`. Other services do not pay for them.
 *
 * @module
 */

import { type Admission, type ClientLimits, DENIED } from "../clients/client_limits.ts";
import type { ClientUsage } from "../clients/client_table.ts";
import { GoerError } from "../errors.ts";
import { MAX_DELAY } from "../numbers.ts";
import type { Transport } from "../protocol/connection.ts";
import type { StreamSocket } from "../runtime/runtime.ts";
import { type Timer, timers } from "../timer/timers.ts";
import * as hold from "./hold.ts";
import type { Service } from "./service.ts";
import { StreamConnection } from "./stream.ts";

/** A message that must wait. */
interface Waiting<In> {
  readonly message: In;
  readonly usage: ClientUsage;
  readonly timer: Timer;
}

/** What a connection needs besides its service. */
export interface LimitedOptions {
  readonly limits: ClientLimits;
  /** The usage of the peer, if it is admitted already. */
  readonly usage: ClientUsage | undefined;
}

/** Counts what its client sends, and makes it wait. */
export class LimitedConnection<In, Out> extends StreamConnection<In, Out> {
  readonly #limits: ClientLimits;
  /** The usage to release at the end; `undefined` while the connection does not count. */
  #admitted: ClientUsage | undefined;
  /** The usage of the peer, once it is known. */
  #usage: ClientUsage | undefined;
  #waiting: Waiting<In> | undefined;
  /** True if the next message has waited already. */
  #hasWaited = false;
  /** When the client may send bytes again. */
  #pause: Timer | undefined;

  constructor(
    socket: StreamSocket,
    transport: Transport,
    service: Service<In, Out>,
    { limits, usage }: LimitedOptions,
  ) {
    super(socket, transport, service);
    this.#limits = limits;
    this.#usage = this.#admitted = usage;
  }

  /** With TLS, the client was admitted before its handshake. */
  override opened(): void {
    if (this.#admitted === undefined && this.transport !== "tls") {
      this.#usage = this.#admitted = this.#limits.admit(this.remoteAddress);
      if (this.#admitted === undefined) {
        this.service.statistics.refused++;
        this.endsFor("limit");
        return this.destroy();
      }
    }
    super.opened();
  }

  /**
   * A trusted proxy has named the only client of this connection, by an upgrade: it counts as a
   * connection of that client from now on.
   */
  admitClient(): Admission {
    if (this.trustedProxies === undefined) return "admitted"; // It was when it connected.
    const usage = this.#limits.admit(this.remoteAddress);
    if (usage === undefined) {
      this.service.statistics.refused++;
      return this.#client === DENIED ? "denied" : "limited";
    }
    if (this.#admitted !== undefined) this.#limits.release(this.#admitted);
    this.#admitted = usage;
    return "admitted";
  }

  override received(bytes: Uint8Array, length: number): boolean {
    const isKept = super.received(bytes, length);
    const wait = this.#limits.takeBytes(this.#client, length);
    if (wait > 0) this.#sentTooMuch(wait);
    return isKept;
  }

  protected override deliver(message: In): void {
    if (this.#hasWaited) {
      this.#hasWaited = false;
      return super.deliver(message);
    }
    const usage = this.#client;
    if (usage === DENIED) return this.#refuse(message);
    const wait = this.#limits.takeMessage(usage);
    if (wait === 0) return super.deliver(message);
    const { action } = this.#limits;
    if (action === "close") return this.#closeFor("messages");
    if (action === "delay" || this.session.reject === undefined) return this.#delay(message, usage);
    this.service.statistics.rejected++;
    this.session.reject(message, Math.ceil(wait / 1000));
  }

  override closed(error?: Error): void {
    this.#pause?.cancel();
    if (this.#waiting !== undefined) {
      this.#waiting.timer.cancel();
      this.#limits.giveMessageBack(this.#waiting.usage);
      this.#waiting = undefined;
    }
    if (this.#admitted !== undefined) this.#limits.release(this.#admitted);
    this.#admitted = undefined;
    super.closed(error);
  }

  /** The usage of the client that sends now: a trusted proxy sends for many. */
  get #client(): ClientUsage {
    if (this.trustedProxies !== undefined) return this.#limits.find(this.remoteAddress);
    return this.#usage ??= this.#limits.find(this.remoteAddress);
  }

  /** A trusted proxy has sent a message of a client that is denied. */
  #refuse(message: In): void {
    this.service.statistics.rejected++;
    if (this.session.reject !== undefined) return this.session.reject(message, undefined);
    this.endsFor("limit");
    this.destroy();
  }

  /** The message waits like a pending handler: it stays valid, and no other one is read. */
  #delay(message: In, usage: ClientUsage): void {
    this.service.statistics.delayed++;
    const wait = Math.min(this.#limits.reserveMessage(usage), MAX_DELAY);
    const timer = timers.after(wait, deliverNow, { argument: this as DeliversNow, ref: false });
    this.#waiting = { message, usage, timer };
    this.pending(1);
  }

  /** The message has waited. */
  deliverNow(): void {
    const { message } = this.#waiting!;
    this.#waiting = undefined;
    this.#hasWaited = true;
    this.handle(message);
    this.#hasWaited = false;
    this.pending(-1);
  }

  #sentTooMuch(wait: number): void {
    if (this.#limits.action === "close") return this.#closeFor("bytes");
    this.service.statistics.delayed++;
    this.receiver.hold(hold.RATE);
    this.#pause?.cancel();
    const options = { argument: this as ReadsOn, ref: false };
    this.#pause = timers.after(Math.min(wait, MAX_DELAY), readOn, options);
  }

  /** The client may send bytes again. */
  readOn(): void {
    this.receiver.release(hold.RATE);
  }

  #closeFor(what: string): void {
    this.service.statistics.rejected++;
    const message = `${this.remoteAddress} has sent too many ${what}: see clientLimits`;
    this.fail(new GoerError("GOER_TOO_MANY", message));
  }
}

type DeliversNow = Pick<LimitedConnection<never, never>, "deliverNow">;

/** One function for all connections. */
function deliverNow(connection: DeliversNow): void {
  connection.deliverNow();
}

type ReadsOn = Pick<LimitedConnection<never, never>, "readOn">;

/** One function for all connections. */
function readOn(connection: ReadsOn): void {
  connection.readOn();
}
