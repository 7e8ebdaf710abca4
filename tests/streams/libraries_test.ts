/**
 * Protocol libraries from npm on connections of Goer, with the usual command-line clients: a broker
 * of MQTT (aedes), a store of Redis (redis-parser), an SMTP server (smtp-server), a server of
 * Postgres (pg-gateway) and an SSH server (ssh2).
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { bundled } from "../helpers/bundled.ts";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { inTime } from "../helpers/wait.ts";
import { run } from "../supervisor/processes.ts";
import { which } from "../tools.ts";

/** The ports of libraries_app.ts. */
type Ports = Record<"mqtt" | "redis" | "smtp" | "postgres" | "control", number>;

/** Runs a client to its end, and returns its output. */
async function output(...words: string[]): Promise<string> {
  const { out, error, code } = await inTime(run(words), words[0]);
  assertEquals(code, 0, error + out);
  return out.trim();
}

async function mqtt({ mqtt }: Ports): Promise<void> {
  const retained = ["-r", "-q", "1"];
  await output("mosquitto_pub", "-p", `${mqtt}`, "-t", "greeting", "-m", "hello", ...retained);
  const received = await output("mosquitto_sub", "-p", `${mqtt}`, "-t", "greeting", "-C", "1");
  assertEquals(received, "hello");
}

async function redis({ redis }: Ports): Promise<void> {
  const large = "x".repeat(100_000);
  assertEquals(await output("redis-cli", "-p", `${redis}`, "SET", "key", large), "OK");
  assertEquals(await output("redis-cli", "-p", `${redis}`, "GET", "key"), large);
}

async function smtp({ smtp, control }: Ports): Promise<void> {
  const server = ["--server", "127.0.0.1", "--port", `${smtp}`];
  const mail = ["--from", "a@example.com", "--to", "b@example.com", "--body", "hello there"];
  await output("swaks", ...server, ...mail);
  // With STARTTLS, and the certificate of the library.
  await output("swaks", ...server, ...mail, "--tls", "--header", "Subject: secret");
  using socket = await Socket.connect(`text://127.0.0.1:${control}`);
  await socket.send("mails\n");
  const mails = JSON.parse(await socket.line());
  assertStringIncludes(mails, "hello there");
  assertStringIncludes(mails, "Subject: secret");
}

async function postgres({ postgres }: Ports): Promise<void> {
  for (const mode of ["disable", "require"]) {
    const target = `postgresql://user@127.0.0.1:${postgres}/db?sslmode=${mode}&gssencmode=disable`;
    assertEquals(await output("psql", "-XAt", target, "-c", "select 42"), "select 42");
  }
}

/** What is tested: the library, the client, the test. */
const LIBRARIES: [library: string, client: string, body: (ports: Ports) => Promise<void>][] = [
  ["aedes", "mosquitto_sub", mqtt],
  ["redis-parser", "redis-cli", redis],
  ["smtp-server", "swaks", smtp],
  ["pg-gateway", "psql", postgres],
];

testOnEach("libraries for Node serve the usual clients", async (runtime, context) => {
  const app = "tests/streams/libraries_app.ts";
  await using certificate = await makeCertificate();
  const args = [certificate.certFile, certificate.keyFile];
  await using served = await serve<Ports>(bundled(runtime), app, { args });
  for (const [library, client, body] of LIBRARIES) {
    const isMissing = await which(client) === undefined;
    await context.step({
      name: `${library} serves ${client}${isMissing ? ` (skipped: there is no ${client})` : ""}`,
      ignore: isMissing,
      fn: () => body(served.ready),
    });
  }
}, NO_OPENSSL);

testOnEach("ssh2 serves ssh", async (runtime) => {
  await using served = await serve<{ ssh: number }>(bundled(runtime), "tests/streams/ssh_app.ts");
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
  const words = options.flatMap((option) => ["-o", option]);
  const port = `${served.ready.ssh}`;
  const answer = await output("ssh", ...words, "-p", port, "user@127.0.0.1", "hello");
  assertEquals(answer, "you said hello");
}, await which("ssh") === undefined ? "there is no ssh" : undefined);
