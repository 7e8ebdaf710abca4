/**
 * Parses addresses of brokers.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";

/** What a scheme means. */
interface Scheme {
  /** The kind of broker. */
  kind: "redis" | "nats";
  /** True for TLS. */
  tls: boolean;
  /** The default port. */
  port: number;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  "redis": { kind: "redis", tls: false, port: 6379 },
  "rediss": { kind: "redis", tls: true, port: 6379 },
  "nats": { kind: "nats", tls: false, port: 4222 },
  "nats+tls": { kind: "nats", tls: true, port: 4222 },
};

/** The parsed address of a broker. */
export interface BrokerAddress {
  /** The address without user and password: the only part that may be shown. */
  readonly name: string;
  /** The kind of broker. */
  readonly kind: "redis" | "nats";
  /** True for TLS. */
  readonly tls: boolean;
  /** The host name or IP address, IPv6 without brackets. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The user, or a NATS token if there is no password. Empty if the address has none. */
  readonly user: string;
  /** The password. Empty if the address has none. */
  readonly password: string;
  /** The number of the Redis database. Channels are the same in all databases. */
  readonly database: number | undefined;
}

/**
 * Parses an address: `scheme://[[user]:password@]host[:port][/database]`.
 *
 * @param address The address. In user and password, other characters than letters and digits are
 * percent-encoded.
 * @returns Its parts.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is invalid. The message shows no user or
 * password.
 */
export function parseBrokerAddress(address: string): BrokerAddress {
  const { hostname, port, pathname, username, password, search, hash, protocol } = parts(address);
  const scheme = SCHEMES[protocol.slice(0, -1)];
  if (scheme === undefined) {
    throw invalid(address, `expected one of the schemes ${Object.keys(SCHEMES).join(", ")}`);
  }
  if (hostname === "") throw invalid(address, "the host is missing, as in redis://127.0.0.1:6379");
  if (search !== "" || hash !== "") {
    throw invalid(address, "write ? and # in a password as %3F and %23");
  }
  const [path, database] = /^\/?(\d{0,9})$/.exec(pathname) ?? [];
  if (path === undefined || (database !== "" && scheme.kind !== "redis")) {
    throw invalid(address, "only a Redis database number can follow the port");
  }
  const where = `${hostname}:${port || scheme.port}`;
  return {
    name: `${protocol}//${where}${database === "" ? "" : `/${database}`}`,
    kind: scheme.kind,
    tls: scheme.tls,
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || scheme.port),
    user: decoded(address, username),
    password: decoded(address, password),
    database: database === "" ? undefined : Number(database),
  };
}

function parts(address: string): URL {
  try {
    return new URL(address);
  } catch {
    // The original error contains the address with its password, so it must not become the cause.
    throw invalid(address, "expected scheme://user:password@host:port");
  }
}

function decoded(address: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(address, "write % in the user or password as %25");
  }
}

function invalid(address: string, reason: string): GoerError {
  // In an invalid address, everything before the last @ may be secret.
  const shown = String(address).replace(/^([a-z0-9+.-]*:(?:\/\/)?)?[^]*@/i, "$1");
  return new GoerError("GOER_INVALID_ARGUMENT", `Cannot use the bus ${shown}: ${reason}`);
}
