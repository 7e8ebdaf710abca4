/**
 * What all connections have, whatever their transport.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { hostOf } from "../clients/host_port.ts";
import { formatHostPort } from "../runtime/sockets/endpoint.ts";
import type { StreamSocket } from "../runtime/runtime.ts";
import { nextConnectionId } from "./registry.ts";
import { watchPromise } from "../calls.ts";
import {
  type GroupedConnection,
  type GroupMembership,
  handlerError,
  report,
  type Service,
} from "./service.ts";
import type { GroupName, ProxyHeader, TlsDetails } from "../protocol/connection.ts";
import type { NamedClient, TrustedProxies } from "../protocol/protocol.ts";

/** The addresses of both ends of a connection. */
export type Ends = Pick<StreamSocket, "remoteAddress" | "localAddress" | "proxy" | "tls">;

/** A connection's id, addresses, counters and groups. The service stores the groups. */
export abstract class ConnectionBase {
  readonly id: number = nextConnectionId();
  state: unknown;
  bytesRead = 0;
  bytesWritten = 0;
  abstract readonly service: Pick<Service, "groups" | "background" | "clients">;
  readonly #ends: Ends | undefined;
  /** The client that a trusted proxy has named. */
  #client: NamedClient | undefined;

  /** @param ends The addresses of a stream; undefined if the connection has its own getters. */
  constructor(ends: Ends | undefined) {
    this.#ends = ends;
  }

  get remoteAddress(): string {
    const client = this.#client;
    if (client !== undefined) return formatHostPort(client.address, client.port);
    return this.#ends?.remoteAddress ?? "";
  }

  get localAddress(): string {
    return this.#ends?.localAddress ?? "";
  }

  get proxyAddress(): string | undefined {
    const ends = this.#ends;
    return ends?.proxy?.address ?? (this.#client && ends?.remoteAddress);
  }

  get tls(): TlsDetails | undefined {
    return this.#ends?.tls;
  }

  get proxyHeader(): ProxyHeader | undefined {
    return this.#ends?.proxy?.header;
  }

  /** Set if the peer may say who its client is. */
  get trustedProxies(): TrustedProxies | undefined {
    const trustedProxies = this.service.clients?.trustedProxies;
    if (trustedProxies === undefined || this.#ends === undefined) return undefined;
    return trustedProxies.has(hostOf(this.#ends.remoteAddress)) ? trustedProxies : undefined;
  }

  /** The proxy has named its client, or does not know it. */
  setClient(client: NamedClient | undefined): void {
    this.#client = client;
  }

  /** A graceful close of the service waits for `work`. If it rejects, that is reported. */
  waitUntil(work: PromiseLike<unknown>): void {
    const connection = this as unknown as GroupedConnection;
    const { service } = connection;
    const failed = (thrown: unknown) =>
      report(service, connection, handlerError("waitUntil", connection, thrown));
    if (service.background) service.background.add(work, failed);
    else watchPromise(work, failed);
  }

  join(group: GroupName): Promise<void> {
    return this.#membership.join(this as unknown as GroupedConnection, group);
  }

  leave(group: GroupName): void {
    this.#membership.leave(this as unknown as GroupedConnection, group);
  }

  get groups(): ReadonlySet<string> {
    return this.#membership.groupsOf(this as unknown as GroupedConnection);
  }

  get user(): string | undefined {
    return this.service.groups?.userOf(this as unknown as GroupedConnection);
  }

  set user(user: GroupName | null | undefined) {
    this.#membership.setUser(this as unknown as GroupedConnection, user);
  }

  get #membership(): GroupMembership {
    const { groups } = this.service;
    if (groups !== undefined) return groups;
    throw new GoerError(
      "GOER_NOT_SUPPORTED",
      "Cannot use groups here: only stream connections accepted by a service can join groups",
    );
  }
}
