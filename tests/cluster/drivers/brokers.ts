/**
 * Real brokers for tests, on a free port, without files that remain.
 *
 * @module
 */

import { until } from "../../helpers/wait.ts";
import type { Certificate } from "../../helpers/certificate.ts";
import { which } from "../../tools.ts";

/** Options of a broker. */
export interface BrokerOptions {
  /** The port. Default: a free one. */
  port?: number;
  /** The required password of the user `user`. */
  password?: string;
  /** The only channel that the user may subscribe to, if there is a password. */
  only?: string;
  /** The required token; NATS only. */
  token?: string;
  /** Listens with TLS. */
  certificate?: Certificate;
}

/** A running broker; `await using` kills it at the end of a block. */
export interface Broker extends AsyncDisposable {
  readonly port: number;
  /** Kills it, and waits until it is gone. */
  kill(): Promise<void>;
  /** Sends a signal. */
  signal(signal: Deno.Signal): void;
}

/** A kind of broker. */
export interface BrokerKind {
  /** The scheme of its addresses. */
  readonly scheme: string;
  /** The same over TLS. */
  readonly secureScheme: string;
  /** Why it cannot be started on this machine, if so. */
  readonly missing: string | undefined;
  /** The size of a large message. */
  readonly large: number;
  /** Starts one, and waits until it listens. */
  start(options?: BrokerOptions): Promise<Broker>;
}

export const REDIS: BrokerKind = {
  scheme: "redis",
  secureScheme: "rediss",
  missing: await missing("redis-server"),
  large: 10 * 1024 * 1024,
  start: (options) => start("redis-server", redisArguments, options),
};

export const NATS: BrokerKind = {
  scheme: "nats",
  secureScheme: "nats+tls",
  missing: await missing("nats-server"),
  large: 1024 * 1024,
  start: (options) => start("nats-server", natsArguments, options),
};

function redisArguments(
  port: number,
  { password, certificate, only = "*" }: BrokerOptions,
): string[] {
  const ports = certificate === undefined ? ["--port", `${port}`] : [
    ...["--port", "0", "--tls-port", `${port}`, "--tls-auth-clients", "no"],
    ...["--tls-cert-file", certificate.certFile, "--tls-key-file", certificate.keyFile],
    ...["--tls-ca-cert-file", certificate.certFile],
  ];
  return [
    ...ports,
    ...["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
    ...password === undefined ? [] : [
      ...["--user", "user", "on", `>${password}`, "~*", `&${only}`, "+@all"],
      ...["--requirepass", password],
    ],
  ];
}

function natsArguments(
  port: number,
  { password, certificate, only, token }: BrokerOptions,
): string[] {
  return [
    ...["--addr", "127.0.0.1", "--port", `${port}`],
    ...only !== undefined
      ? ["--config", "nats.conf"]
      : password !== undefined
      ? ["--user", "user", "--pass", password]
      : [],
    ...token === undefined ? [] : ["--auth", token],
    ...certificate === undefined
      ? []
      : ["--tls", "--tlscert", certificate.certFile, "--tlskey", certificate.keyFile],
  ];
}

/** Options that NATS does not accept on its command line. */
function natsConfiguration({ password, only }: BrokerOptions): string {
  const user = { user: "user", password, permissions: { subscribe: only } };
  return JSON.stringify({ authorization: { users: [user] } });
}

async function missing(command: string): Promise<string | undefined> {
  return await which(command) ?? await which(`../sbin/${command}`)
    ? undefined
    : `there is no ${command}`;
}

/** A loopback port on which nothing listens. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function start(
  command: string,
  argumentsFor: (port: number, options: BrokerOptions) => string[],
  options: BrokerOptions = {},
): Promise<Broker> {
  const port = options.port ?? freePort();
  const folder = await Deno.makeTempDir({ prefix: "goer" });
  await Deno.writeTextFile(`${folder}/nats.conf`, natsConfiguration(options));
  const child = new Deno.Command(command, {
    args: argumentsFor(port, options),
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const broker: Broker = {
    port,
    signal: (signal) => child.kill(signal),
    async kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
      await child.status;
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
    [Symbol.asyncDispose]: () => broker.kill(),
  };
  try {
    await until(`${command} listens`, () => listens(port));
  } catch (error) {
    await broker.kill();
    throw error;
  }
  return broker;
}

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
