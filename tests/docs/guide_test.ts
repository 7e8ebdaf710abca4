/** Examples of the guide that need files and the goer command, run as the guide says. */

import { assertEquals } from "@std/assert";
import { NO_OPENSSL } from "../helpers/certificate.ts";
import { read } from "../rules/sources.ts";
import { freePort } from "../supervisor/app.ts";
import { Running } from "../supervisor/processes.ts";
import { ROOT } from "../tools.ts";

const guide = await read("docs/guide.md");

/** The blocks of code under a heading. */
function blocks(heading: string): string[] {
  const [section] = guide.split(`\n## ${heading}\n`)[1].split(/^## /m);
  return Array.from(section.matchAll(/^```[^\n]*\n([^]*?)^```$/gm), ([, code]) => code);
}

/** An app that `goer start` serves from its own folder. */
class Served implements AsyncDisposable {
  constructor(readonly folder: string, readonly running: Running) {}

  static async start(app: string, prepare = "true"): Promise<Served> {
    const folder = await Deno.makeTempDir({ prefix: "goer-guide" });
    await Deno.writeTextFile(`${folder}/app.ts`, app);
    const goer = `${Deno.execPath()} run -A --config=${ROOT}deno.json ${ROOT}mod.ts`;
    const start = `exec ${goer} start app.ts --runtime-dir=${folder}/run`;
    const running = new Running(["sh", "-ec", `cd ${folder}; ${prepare}; ${start}`]);
    await running.printed("serving ");
    return new Served(folder, running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Sends `request`, ends its side, and returns all that comes back. */
async function exchange(connection: Deno.TcpConn | Deno.TlsConn, request: string): Promise<string> {
  await connection.write(new TextEncoder().encode(request));
  await connection.closeWrite();
  return await new Response(connection.readable).text();
}

Deno.test("guide: one file can serve several services", async () => {
  const [echo, web] = [freePort(), freePort()];
  const [code] = blocks("Run several services in one file");
  await using _served = await Served.start(
    code.replace("8080", `${echo}`).replace("8081", `${web}`),
  );
  using visitor = await Deno.connect({ hostname: "127.0.0.1", port: echo });
  await visitor.write(new TextEncoder().encode("hello\n"));
  const page = await (await fetch(`http://127.0.0.1:${web}/`)).text();
  assertEquals(page, "1 people are in the chat");
});

Deno.test("guide: a client that ends its side gets its replies", async () => {
  const port = freePort();
  const [code] = blocks("Handle a client that ends its side");
  await using _served = await Served.start(code.replace("8080", `${port}`).replace("1_000", "10"));
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  assertEquals(await exchange(client, "one\ntwo\n"), "answer to one\nanswer to two\n");
});

Deno.test({
  name: "guide: an app serves TLS with a certificate from openssl" +
    (NO_OPENSSL === undefined ? "" : ` (skipped: ${NO_OPENSSL})`),
  ignore: NO_OPENSSL !== undefined,
  async fn() {
    const port = freePort();
    const [openssl, code] = blocks("Serve TLS");
    await using served = await Served.start(code.replace("8443", `${port}`), openssl.trim());
    const ca = await Deno.readTextFile(`${served.folder}/cert.pem`);
    using client = await Deno.connectTls({ hostname: "localhost", port, caCerts: [ca] });
    await client.write(new TextEncoder().encode("you\n"));
    const answer = new Uint8Array(64);
    const length = await client.read(answer);
    assertEquals(new TextDecoder().decode(answer.subarray(0, length!)), "hello you\n");
  },
});
