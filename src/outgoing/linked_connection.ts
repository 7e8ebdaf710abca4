/**
 * What a client takes over from its current connection.
 *
 * @module
 */

import type { StreamConnection } from "../connection/stream.ts";
import type {
  Connection,
  GroupName,
  ProxyHeader,
  TlsDetails,
  Transport,
} from "../protocol/connection.ts";

/** The members of a client that are those of its current connection, or of the last one. */
export abstract class LinkedConnection implements Partial<Connection> {
  /** The current connection, or the last one. */
  protected link!: StreamConnection;
  #id: number | undefined;

  /** Uses another connection from now on. Returns the one before. */
  protected use(link: StreamConnection): StreamConnection | undefined {
    const previous: StreamConnection | undefined = this.link;
    this.link = link;
    this.#id ??= link.id;
    return previous;
  }

  get id(): number {
    return this.#id!;
  }

  get transport(): Transport {
    return this.link.transport;
  }

  get remoteAddress(): string {
    return this.link.remoteAddress;
  }

  get localAddress(): string {
    return this.link.localAddress;
  }

  get proxyAddress(): string | undefined {
    return this.link.proxyAddress;
  }

  get tls(): TlsDetails | undefined {
    return this.link.tls;
  }

  get proxyHeader(): ProxyHeader | undefined {
    return this.link.proxyHeader;
  }

  get state(): unknown {
    return this.link.state;
  }

  set state(state: unknown) {
    this.link.state = state;
  }

  get groups(): ReadonlySet<string> {
    return this.link.groups;
  }

  get user(): string | undefined {
    return this.link.user;
  }

  set user(user: string | undefined) {
    this.link.user = user;
  }

  join(group: GroupName): Promise<void> {
    return this.link.join(group);
  }

  leave(group: GroupName): void {
    this.link.leave(group);
  }

  /** True if its messages go to the connection with this id: for a pipe that leads here. */
  leadsTo(id: number): boolean {
    return this.link.leadsTo(id);
  }

  /** The session of the current connection: protocols find their own members there. */
  get session(): unknown {
    return this.link.session;
  }

  /** True if `maxSendBufferSize` bytes wait: for a pipe that leads here. */
  get full(): boolean {
    return this.link.full;
  }

  /** Calls `listener` when all bytes have been sent, or the connection has ended. */
  onceDrained(listener: () => void): void {
    this.link.onceDrained(listener);
  }
}
