import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHttp, sendFile, type SendFileOptions } from "../../protocols/http/mod.ts";
import { Goer } from "../../mod.ts";

const CONTENT = "0123456789abcdef";

/** A served folder with files. Both are removed at the end of a block. */
async function serveFolder(options: SendFileOptions = {}) {
  const folder = await Deno.makeTempDir();
  const root = `${folder}/public`;
  await Deno.mkdir(`${root}/sub/.well-known`, { recursive: true });
  await Deno.mkdir(`${root}/.well-known`);
  await Deno.writeTextFile(`${folder}/secret.txt`, "secret");
  await Deno.writeTextFile(`${root}/a b.txt`, CONTENT);
  await Deno.writeTextFile(`${root}/empty.html`, "");
  await Deno.writeTextFile(`${root}/.hidden`, "secret");
  await Deno.writeTextFile(`${root}/.well-known/x`, "known");
  await Deno.writeTextFile(`${root}/sub/index.html`, "<p>index");
  await Deno.symlink("a b.txt", `${root}/inside`);
  await Deno.symlink(`${folder}/secret.txt`, `${root}/outside`);
  await Deno.symlink(folder, `${root}/up`);
  const goer = new Goer("http://127.0.0.1:0", {
    onMessage: async (connection, request) => {
      connection.send(await sendFile(request, request.path, { root, ...options }));
    },
  });
  const service = await goer.listen();
  return {
    url: service.address,
    root,
    async [Symbol.asyncDispose]() {
      await service.close({ graceful: false });
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A request whose target is sent unchanged. */
async function raw(url: string, target: string): Promise<string> {
  const { hostname, port } = new URL(url);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  await conn.write(new TextEncoder().encode(request));
  return await new Response(conn.readable).text();
}

Deno.test("sendFile() sends a file with its length, type and tags", async () => {
  await using folder = await serveFolder();
  const response = await fetch(`${folder.url}/a%20b.txt`);
  assertEquals(await response.text(), CONTENT);
  assertEquals(response.headers.get("content-length"), "16");
  assertEquals(response.headers.get("content-type"), "text/plain; charset=UTF-8");
  assertEquals(response.headers.get("accept-ranges"), "bytes");
  assertMatch(response.headers.get("etag")!, /^"[^"]+"$/);
  assertMatch(response.headers.get("last-modified")!, / GMT$/);
});

Deno.test("sendFile() sends an empty file", async () => {
  await using folder = await serveFolder();
  const response = await fetch(`${folder.url}/empty.html`);
  assertEquals([response.status, await response.text()], [200, ""]);
});

Deno.test("sendFile() responds to HEAD without the file", async () => {
  await using folder = await serveFolder();
  const response = await fetch(`${folder.url}/a%20b.txt`, { method: "HEAD" });
  assertEquals([await response.text(), response.headers.get("content-length")], ["", "16"]);
});

Deno.test("sendFile() allows GET and HEAD only", async () => {
  await using folder = await serveFolder();
  const response = await fetch(`${folder.url}/a%20b.txt`, { method: "POST" });
  await response.body?.cancel();
  assertEquals([response.status, response.headers.get("allow")], [405, "GET, HEAD"]);
});

Deno.test("sendFile() sends the requested range", async () => {
  await using folder = await serveFolder();
  const parts: [range: string, status: number, content: string, described: string | null][] = [
    ["bytes=0-3", 206, "0123", "bytes 0-3/16"],
    ["bytes=4-", 206, "456789abcdef", "bytes 4-15/16"],
    ["bytes=-2", 206, "ef", "bytes 14-15/16"],
    ["bytes=-99", 206, CONTENT, "bytes 0-15/16"],
    ["bytes=10-99", 206, "abcdef", "bytes 10-15/16"],
    ["bytes=16-", 416, "", "bytes */16"],
    ["bytes=-0", 416, "", "bytes */16"],
    ["bytes=3-1", 200, CONTENT, null],
    ["bytes=a-b", 200, CONTENT, null],
    ["bytes=0-1,3-4", 200, CONTENT, null],
    ["lines=0-1", 200, CONTENT, null],
  ];
  for (const [range, status, content, described] of parts) {
    const response = await fetch(`${folder.url}/a%20b.txt`, { headers: { range } });
    const { headers } = response;
    const seen = [response.status, await response.text(), headers.get("content-range")];
    assertEquals(seen, [status, content, described], range);
  }
});

Deno.test("sendFile() evaluates the conditions of RFC 9110, section 13", async () => {
  await using folder = await serveFolder();
  const first = await fetch(`${folder.url}/a%20b.txt`);
  await first.text();
  const etag = first.headers.get("etag")!;
  const modified = first.headers.get("last-modified")!;
  const earlier = new Date(Date.parse(modified) - 1000).toUTCString();
  const conditions: [headers: Record<string, string>, status: number][] = [
    [{ "if-none-match": etag }, 304],
    [{ "if-none-match": `"x", W/${etag}` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"x"' }, 200],
    [{ "if-modified-since": modified }, 304],
    [{ "if-modified-since": earlier }, 200],
    [{ "if-modified-since": "yesterday" }, 200],
    [{ "if-none-match": '"x"', "if-modified-since": modified }, 200],
    [{ "if-match": etag }, 200],
    [{ "if-match": '"x"' }, 412],
    [{ "if-unmodified-since": earlier }, 412],
    [{ "if-unmodified-since": modified }, 200],
    [{ range: "bytes=0-0", "if-range": etag }, 206],
    [{ range: "bytes=0-0", "if-range": '"x"' }, 200],
    [{ range: "bytes=0-0", "if-range": modified }, 206],
    [{ range: "bytes=0-0", "if-range": earlier }, 200],
    [{ range: "bytes=0-0", "if-none-match": etag }, 304],
  ];
  for (const [headers, status] of conditions) {
    const response = await fetch(`${folder.url}/a%20b.txt`, { headers });
    const body = await response.text();
    assertEquals(response.status, status, JSON.stringify(headers));
    if (status === 304) assertEquals([body, response.headers.get("etag")], ["", etag]);
  }
});

Deno.test("sendFile() sends nothing from outside its root", async () => {
  await using folder = await serveFolder();
  const targets = [
    "/../secret.txt",
    "/sub/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/sub/..%2f..%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/%00secret.txt",
    "/a%20b.txt%00.html",
    "/outside",
    "/up/secret.txt",
    "/%zz",
    "/%c0%ae%c0%ae/secret.txt",
    "//etc/passwd",
    "/.hidden",
    "/sub/.well-known/../.hidden",
    "/none",
    "/a%20b.txt/",
  ];
  for (const target of targets) {
    const answer = await raw(folder.url, target);
    assertMatch(answer, /^HTTP\/1\.1 404 Not Found\r\n/, target);
    assert(!answer.includes("secret"), target);
  }
});

Deno.test("sendFile() follows links within its root, and sends .well-known", async () => {
  await using folder = await serveFolder();
  assertEquals(await (await fetch(`${folder.url}/inside`)).text(), CONTENT);
  assertEquals(await (await fetch(`${folder.url}/.well-known/x`)).text(), "known");
});

Deno.test("sendFile() sends hidden files if the option allows it", async () => {
  await using folder = await serveFolder({ hidden: true });
  assertEquals(await (await fetch(`${folder.url}/.hidden`)).text(), "secret");
});

Deno.test("sendFile() sends a folder's index, and redirects to the folder's own path", async () => {
  await using folder = await serveFolder();
  const response = await fetch(`${folder.url}/sub?a=b`);
  assertEquals([await response.text(), response.url], ["<p>index", `${folder.url}/sub/?a=b`]);
  assertMatch(await raw(folder.url, "//sub"), /\r\nlocation: \/sub\/\r\n/);
});

Deno.test("sendFile() does not wait for a pipe", async () => {
  await using folder = await serveFolder();
  await new Deno.Command("mkfifo", { args: [`${folder.root}/pipe`] }).output();
  const response = await fetch(`${folder.url}/pipe`);
  await response.body?.cancel();
  assertEquals(response.status, 404);
});

Deno.test("sendFile() closes its files, whether they are read or not", async () => {
  await using folder = await serveFolder();
  await Deno.writeFile(`${folder.root}/large`, new Uint8Array(20_000_000));
  const before = openFiles();
  for (let count = 0; count < 20; count++) {
    await (await fetch(`${folder.url}/large`, { method: "HEAD" })).text();
    const controller = new AbortController();
    const response = await fetch(`${folder.url}/large`, { signal: controller.signal });
    await response.body!.getReader().read();
    controller.abort();
    await fetch(`${folder.url}/large`, { headers: { range: "bytes=0-1" } }).then((r) => r.text());
  }
  for (let turn = 0; openFiles() > before; turn++) {
    if (turn > 500) throw new Error(`${openFiles() - before} files are still open`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

/** How many files below a temporary folder this process has open. */
function openFiles(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`).endsWith("/large")) count++;
    } catch {
      // It was the folder's own.
    }
  }
  return count;
}

Deno.test("compression applies only to text, to accepted codings, and not to ranges", async () => {
  const root = await Deno.makeTempDir();
  await Deno.writeTextFile(`${root}/a.txt`, "abc ".repeat(1000));
  await Deno.writeTextFile(`${root}/small.txt`, "abc");
  await Deno.writeFile(`${root}/a.bin`, new Uint8Array(4000));
  const goer = new Goer("http://127.0.0.1:0", {
    protocol: createHttp({ compression: true }),
    onMessage: async (connection, request) => {
      connection.send(await sendFile(request, request.path, { root }));
    },
  });
  const service = await goer.listen();
  try {
    const [url] = service.addresses;
    const seen = async (path: string, headers: Record<string, string>, method = "GET") => {
      const command = ["-s", "-i", "--raw", "-X", method, ...method === "HEAD" ? ["-I"] : []];
      for (const [name, value] of Object.entries(headers)) command.push("-H", `${name}: ${value}`);
      const { stdout } = await new Deno.Command("curl", { args: [...command, url + path] })
        .output();
      const head = new TextDecoder("latin1").decode(stdout).split("\r\n\r\n")[0];
      return [
        /content-encoding: (\S+)/.exec(head)?.[1],
        /vary: (\S+)/.exec(head)?.[1],
        /etag: (W\/)?/.exec(head)?.[1],
      ];
    };
    const none = [undefined, "accept-encoding", undefined];
    assertEquals(await seen("/a.txt", {}), none);
    assertEquals(await seen("/a.txt", { "Accept-Encoding": "identity" }), none);
    assertEquals(await seen("/a.txt", { "Accept-Encoding": "gzip;q=0" }), none);
    for (const coding of ["gzip", "br", "deflate"]) {
      const expected = [coding, "accept-encoding", "W/"];
      assertEquals(await seen("/a.txt", { "Accept-Encoding": coding }), expected);
      assertEquals(await seen("/a.txt", { "Accept-Encoding": coding }, "HEAD"), expected);
    }
    const any = { "Accept-Encoding": "gzip;q=0.5, br" };
    assertEquals((await seen("/a.txt", any))[0], "br");
    assertEquals(await seen("/small.txt", any), [undefined, undefined, undefined]);
    assertEquals(await seen("/a.bin", any), [undefined, undefined, undefined]);
    assertEquals((await seen("/a.txt", { ...any, Range: "bytes=0-2000" }))[0], undefined);
    const { stdout } = await new Deno.Command("curl", {
      args: ["-s", "--compressed", `${url}/a.txt`],
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "abc ".repeat(1000));
  } finally {
    await service.close({ graceful: false });
    await Deno.remove(root, { recursive: true });
  }
});
