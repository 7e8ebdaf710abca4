/**
 * Addresses of brokers: what carries messages, where it is, and as whom to connect.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";

/** What a scheme stands for. */
interface Scheme {
  /** The kind of broker. */
  kind: "redis" | "nats";
  /** True if the connection is to be over TLS. */
  tls: boolean;
  /** Where it listens that names no port. */
  port: number;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  "redis": { kind: "redis", tls: false, port: 6379 },
  "rediss": { kind: "redis", tls: true, port: 6379 },
  "nats": { kind: "nats", tls: false, port: 4222 },
  "nats+tls": { kind: "nats", tls: true, port: 4222 },
};

/** The address of a broker, taken apart. */
export interface BrokerAddress {
  /** The address without user and password: the only part of it that may be shown. */
  readonly name: string;
  /** The kind of broker. */
  readonly kind: "redis" | "nats";
  /** True if the connection is to be over TLS. */
  readonly tls: boolean;
  /** The host name or IP address, IPv6 without brackets. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The user; for NATS, without a password, a token. Empty where there is none. */
  readonly user: string;
  /** The password. Empty where there is none. */
  readonly password: string;
  /** The number of the database of Redis; channels are the same in all of them. */
  readonly database: number | undefined;
}

/**
 * Takes the address of a broker apart: `scheme://[[user]:password@]host[:port][/database]`.
 *
 * @param address The address; what is not a letter or digit in user and password is percent-encoded.
 * @returns Its parts.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it is none; the message shows no user or password.
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
    // What is thrown holds the address with its password, so it is no cause to pass on.
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
  // In an address that cannot be taken apart, all before the last @ may be secret.
  const shown = String(address).replace(/^([a-z0-9+.-]*:(?:\/\/)?)?[^]*@/i, "$1");
  return new GoerError("GOER_INVALID_ARGUMENT", `Cannot use the bus ${shown}: ${reason}`);
}
