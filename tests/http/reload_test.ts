/** HTTP connections during a reload, with real workers. */

import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { testInTurn } from "../helpers/runtimes.ts";
import { Socket } from "../helpers/socket.ts";
import { App, freePort } from "../supervisor/app.ts";

const RELOADS = 4;
/** More than the buffers of both sides hold, so that a transfer waits for its client. */
const SIZE = 48 * 1024 * 1024;
const PIECE = 65_536;

/** A site that shows the version of its code. */
function site(port: number, folder: string, version: string): string {
  return `
    import { createHash } from "node:crypto";
    import { existsSync } from "node:fs";

    const pause = (delay) => new Promise((resolve) => setTimeout(resolve, delay));

    async function onMessage(connection, request) {
      switch (request.path) {
        case "/slow":
          while (!existsSync("${folder}/go")) await pause(5);
          return connection.send("${version} slow");
        case "/download": {
          let index = 0;
          const body = new ReadableStream({
            pull(controller) {
              if (index === ${SIZE / PIECE}) return controller.close();
              controller.enqueue(new Uint8Array(${PIECE}).fill(index++ % 251));
            },
          });
          return connection.send(new Response(body, { headers: { "content-length": "${SIZE}" } }));
        }
        case "/upload": {
          const hash = createHash("sha256");
          for await (const piece of request.body) hash.update(piece);
          return connection.send("${version} " + hash.digest("hex"));
        }
        default:
          return connection.send("${version}");
      }
    }

    export default {
      listen: "http://127.0.0.1:${port}",
      workers: 2,
      reloadTimeout: 60_000,
      stopTimeout: 2000,
      maxPacketSize: ${2 * SIZE},
      onMessage,
    };`;
}

/** The bytes in both directions of a transfer. */
function piece(index: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(PIECE).fill(index % 251);
}

interface Answer {
  status: string;
  /** The server ends the connection after it. */
  last: boolean;
  length: number;
}

/** Reads the head of a response. */
async function head(socket: Socket): Promise<Answer> {
  const status = (await socket.line()).trim();
  const fields: string[] = [];
  for (let line = ""; (line = (await socket.line()).trim()) !== "";) {
    fields.push(line.toLowerCase());
  }
  const length = fields.find((field) => field.startsWith("content-length: "))?.slice(16);
  return { status, last: fields.includes("connection: close"), length: Number(length) };
}

/** Reads a response: its text, and whether the connection ends after it. */
async function answer(socket: Socket): Promise<[text: string, last: boolean]> {
  const { status, last, length } = await head(socket);
  assertEquals(status, "HTTP/1.1 200 OK");
  return [await socket.text(length), last];
}

async function ask(socket: Socket, path = "/"): Promise<[text: string, last: boolean]> {
  await socket.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return await answer(socket);
}

testInTurn("a reload closes idle connections and cuts no request off", async (runtime) => {
  const port = freePort();
  const address = `tcp://127.0.0.1:${port}`;
  await using app = await App.write(runtime, "");
  await app.rewrite(site(port, app.folder, "old"));
  await app.start();
  using idle = await Socket.connect(address);
  assertEquals(await ask(idle), ["old", false]);
  using busy = await Socket.connect(address);
  await busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  using download = await Socket.connect(address);
  await download.send("GET /download HTTP/1.1\r\nHost: a\r\n\r\n");
  assertEquals(await head(download), { status: "HTTP/1.1 200 OK", last: false, length: SIZE });
  using upload = await Socket.connect(address);
  const half = SIZE / PIECE / 2;
  await upload.send(`POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\n\r\n`);
  for (let index = 0; index < half; index++) await upload.send(piece(index));

  await app.rewrite(site(port, app.folder, "new"));
  const { code, error } = await app.command("reload");
  assertEquals([code, error], [0, ""]);
  assertEquals(await idle.ending(), "end");
  using fresh = await Socket.connect(address);
  assertEquals(await ask(fresh), ["new", false]);

  await Deno.writeTextFile(`${app.folder}/go`, "");
  assertEquals(await answer(busy), ["old slow", true]);
  assertEquals(await busy.ending(), "end");

  for (let index = 0; index < 2 * half; index++) {
    assertEquals(await download.receive(PIECE), piece(index), `piece ${index} of the download`);
  }
  assertEquals(await download.ending(), "end");

  for (let index = half; index < 2 * half; index++) await upload.send(piece(index));
  const hash = createHash("sha256");
  for (let index = 0; index < 2 * half; index++) hash.update(piece(index));
  assertEquals(await answer(upload), [`old ${hash.digest("hex")}`, true]);
  assertEquals(await upload.ending(), "end");
  assertEquals(await ask(fresh), ["new", false]);
});

testInTurn("no request fails during reloads, on new and on kept connections", async (runtime) => {
  const port = freePort();
  const address = `tcp://127.0.0.1:${port}`;
  await using app = await App.write(runtime, "");
  await app.rewrite(site(port, app.folder, "site"));
  await app.start();
  let stop = false;
  const counts = { fresh: 0, kept: 0, told: 0 };
  const failures: string[] = [];
  /** Sends requests on one connection, once or until the server says that it ends. */
  async function use(kind: "fresh" | "kept"): Promise<void> {
    using socket = await Socket.connect(address);
    for (let last = false; !last && !stop;) {
      const [text, told] = await ask(socket);
      assertEquals(text, "site");
      counts[kind]++;
      if (told) counts.told++;
      last = told || kind === "fresh";
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const clients = Array.from({ length: 12 }, async (_, index) => {
    const kind = index % 2 === 0 ? "fresh" : "kept";
    while (!stop) await use(kind).catch((error) => void failures.push(`${kind}: ${error}`));
  });
  for (let round = 0; round < RELOADS; round++) {
    const { code, error } = await app.command("reload");
    assertEquals([round, code, error], [round, 0, ""]);
  }
  stop = true;
  await Promise.all(clients);
  assertEquals(failures, []);
  assert(counts.fresh > 50 && counts.kept > 50 && counts.told > 0, JSON.stringify(counts));
});
