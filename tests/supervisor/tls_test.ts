/** TLS in workers: options, session tickets, and certificates that are replaced under load. */

import { assert, assertEquals } from "@std/assert";
import { Authority, type Issued } from "../helpers/authority.ts";
import { NO_OPENSSL } from "../helpers/certificate.ts";
import { inTurn, type Runtime, RUNTIMES, testOnEach } from "../helpers/runtimes.ts";
import { inTime, until } from "../helpers/wait.ts";
import { App, freePort } from "./app.ts";
import { run } from "./processes.ts";

/** How often certificates are replaced under load: without a reload, and with one. */
const REPLACEMENTS = 20;
const RELOADS = 20;
/** How often with a reload on the other runtimes, because reloads start many processes. */
const FEW_RELOADS = 1;
const MANY = inTurn(RUNTIMES);
/** How long a certificate stays, in ms: shorter and longer than the workers need to see it. */
const PAUSES = [50, 300];
const CLIENTS = 2;

/** What the tests need. */
interface Setting {
  runtime: Runtime;
  authority: Authority;
  app: App;
  port: number;
  /** The files that the service uses. */
  issued: Issued;
}

/** An app of two workers. It answers with its process and with what it knows of the handshake. */
function source(port: number, tls: Record<string, unknown>): string {
  return `
    import process from "node:process";
    export default {
      listen: "text+tls://127.0.0.1:${port}",
      workers: 2,
      tls: ${JSON.stringify(tls)},
      onMessage(connection) {
        const { serverName, alpnProtocol, authorized } = connection.tls;
        const known = { pid: process.pid, serverName, alpnProtocol, authorized };
        connection.close(JSON.stringify(known));
      },
    };`;
}

/** What the service knows of a handshake. */
interface Known {
  pid: number;
  serverName?: string;
  alpnProtocol?: string;
  authorized: boolean;
}

/** Connects with openssl. Returns what the service knows, and what openssl does. */
async function shake({ port }: Setting, ...options: string[]) {
  const words = ["openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...options];
  const command = `printf 'hello\\n' | ${words.join(" ")} -ign_eof`;
  const { out, error } = await inTime(run(["sh", "-c", command]), "openssl");
  const [answer = ""] = /\{"pid".*?\}/.exec(out) ?? [];
  assert(answer !== "", out + error);
  return {
    ...JSON.parse(answer) as Known,
    name: /^subject=CN = (\S+)/m.exec(out)?.[1],
    resumed: /^Reused,/m.test(out),
  };
}

async function options(setting: Setting): Promise<void> {
  const { authority } = setting;
  const client = await authority.issue({ names: ["client.example"] });
  const workers = new Set<number>();
  await until("both workers", async () => {
    const shop = await shake(
      setting,
      ...["-servername", "shop.example", "-alpn", "two,one"],
      ...["-cert", client.certFile, "-key", client.keyFile],
    );
    const { pid, ...seen } = shop;
    workers.add(pid);
    assertEquals(seen, {
      serverName: "shop.example",
      alpnProtocol: "one",
      authorized: true,
      name: "shop.example",
      resumed: false,
    });
    return workers.size === 2;
  });
  const other = await shake(setting, "-servername", "other.example");
  assertEquals([other.name, other.authorized], ["localhost", false]);
}

/** Resumes a session until both workers have taken part, and after a reload. */
async function tickets(setting: Setting): Promise<void> {
  for (const version of ["-tls1_2", "-tls1_3"]) {
    const session = `${setting.authority.folder}/session`;
    const first = await shake(setting, version, "-sess_out", session);
    const resume = async () => {
      const again = await shake(setting, version, "-sess_in", session);
      assert(again.resumed, `${version} in worker ${again.pid}, after ${first.pid}`);
      return again.pid;
    };
    await until("the other worker", async () => await resume() !== first.pid);
    assertEquals((await setting.app.ask("reload")).ok, true);
    await resume();
  }
}

/** Replaces files as certbot does: by renaming. */
async function replace(target: Issued, source: Issued): Promise<void> {
  for (const file of ["keyFile", "certFile"] as const) {
    await Deno.copyFile(source[file], `${target[file]}.new`);
    await Deno.rename(`${target[file]}.new`, target[file]);
  }
}

async function replacements(setting: Setting): Promise<void> {
  const { runtime, authority, app, port, issued } = setting;
  const names = ["one.example", "two.example"];
  const renewals = await Promise.all(
    names.map((name) => authority.issue({ names: [name, "localhost"] })),
  );
  const ca = await Deno.readTextFile(authority.caFile);
  const failures: string[] = [];
  let served = 0;
  let isOver = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver) {
      try {
        using conn = await Deno.connectTls({ hostname: "localhost", port, caCerts: [ca] });
        await conn.write(new TextEncoder().encode("hello\n"));
        if (await conn.read(new Uint8Array(1024)) === null) throw new Error("no answer");
        served++;
      } catch (error) {
        failures.push(String(error));
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  const serve = async (name: string) => {
    const workers = new Set<number>();
    await until(`${name} in both workers`, async () => {
      const shaken = await shake(setting);
      if (shaken.name === name) workers.add(shaken.pid);
      return workers.size === 2;
    });
  };
  for (let count = 0; count < REPLACEMENTS; count++) {
    await replace(issued, renewals[count % 2]);
    await new Promise((resolve) => setTimeout(resolve, PAUSES[count % 2]));
  }
  await serve("two.example");
  const reloads = MANY.includes(runtime) ? RELOADS : FEW_RELOADS;
  for (let count = 0; count < reloads; count++) {
    await replace(issued, renewals[count % 2]);
    const { ok, text } = await app.ask("reload");
    assertEquals([ok, (await shake(setting)).name], [true, names[count % 2]], text);
  }
  isOver = true;
  await Promise.all(clients);
  assertEquals(failures, []);
  assert(served > 0);
}

testOnEach("workers serve TLS", async (runtime, context) => {
  await using authority = await Authority.create();
  const issued = await authority.issue({ names: ["localhost"] });
  const shop = await authority.issue({ names: ["shop.example"] });
  const port = freePort();
  const tls = {
    ...issued,
    identities: [shop],
    alpnProtocols: ["one"],
    clientCertificate: "request",
    caFile: authority.caFile,
  };
  await using app = await App.write(runtime, source(port, tls));
  await app.start();
  const setting = { runtime, authority, app, port, issued };
  const isNode = runtime.name === "node";
  await context.step("with all options", () => options(setting));
  await context.step({
    name: "and accept each other's session tickets, also after a reload" +
      (isNode ? "" : " (skipped: only Node uses ticketKeys)"),
    ignore: !isNode,
    fn: () => tickets(setting),
  });
  await context.step(
    "and no connection fails while certificates are replaced, with and without a reload",
    () => replacements(setting),
  );
}, NO_OPENSSL);
