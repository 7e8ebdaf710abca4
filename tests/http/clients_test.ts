import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Runtime, RUNTIMES, testOnEach } from "../helpers/runtimes.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { ROOT, which } from "../tools.ts";

interface Ready {
  addresses: string[];
}

function serveSite(runtime: Runtime, root = "/nonexistent"): Promise<Served<Ready>> {
  return serve<Ready>(runtime, "tests/http/fixtures/site.ts", { args: [root] });
}

/** The output of a command; throws if it fails. */
async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${command} failed: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

testOnEach("HTTP: the fetch of every runtime works", async (runtime) => {
  await using site = await serveSite(runtime);
  for (const client of RUNTIMES) {
    const [command, ...args] = await client.command(
      "tests/http/fixtures/client.ts",
      site.ready.addresses[0],
    );
    assertEquals(
      JSON.parse(await run(command, ...args)),
      [
        "hello",
        true,
        { size: 500_000 },
        [[["a", "1"]], [["f", "f.bin", 100_000, true, "x"]]],
        50_000,
        "5",
        4,
        Array(20).fill(5),
      ],
      `fetch of ${client.name}`,
    );
  }
  assertEquals(site.stderr, "");
});

testOnEach("HTTP: curl works", async (runtime) => {
  if (await which("curl") === undefined) return;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/page.html`, "<p>page");
    await using site = await serveSite(runtime, folder);
    const [base] = site.ready.addresses;
    const curl = (...args: string[]) => run("curl", "--silent", "--show-error", ...args);
    assertEquals(await curl(`${base}/hello`, `${base}/hello`), "hellohello");
    assertEquals(await curl("--http1.0", `${base}/hello`), "hello");
    assertMatch(await curl("--head", `${base}/page.html`), /content-length: 7\r\n/i);
    assertEquals(await curl("--range", "3-4", `${base}/page.html`), "pa");
    assertEquals(await curl("--compressed", `${base}/text`), "text ".repeat(10_000));
    assertEquals(await curl("--data", "abc", `${base}/echo`), "abc");
    assertEquals(
      await curl("--data", "abc", "--header", "Transfer-Encoding: chunked", `${base}/echo`),
      "abc",
    );
    // For this size, curl waits for 100 Continue first.
    const upload = `${folder}/upload`;
    await Deno.writeFile(upload, new Uint8Array(2_000_000));
    const timed = ["--max-time", "30", "--expect100-timeout", "20"];
    assertEquals(
      await curl(
        ...timed,
        "--header",
        "Expect: 100-continue",
        "--upload-file",
        upload,
        `${base}/count`,
      ),
      '{"size":2000000}',
    );
    assertEquals(
      await curl("--form", "a=1", "--form", `f=@${upload};type=a/b`, `${base}/form`),
      '[[["a","1"]],[["f","upload",2000000,true,"\\u0000"]]]',
    );
    assertEquals(
      await curl("--no-buffer", `${base}/events`),
      [1, 2, 3].map((id) => `data: line ${id}\ndata: and\nid: ${id}\n\n`).join(""),
    );
    assertEquals(await curl("--cookie", "a=c", `${base}/cookie`), "c");
    assertEquals(site.stderr, "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testOnEach("HTTP: ab and wrk work", async (runtime) => {
  await using site = await serveSite(runtime);
  const [base] = site.ready.addresses;
  if (await which("ab") !== undefined) {
    for (const keepAlive of [[], ["-k"]]) {
      const report = await run("ab", "-q", ...keepAlive, "-n", "500", "-c", "10", `${base}/hello`);
      assertMatch(report, /Complete requests:\s+500\n/);
      assertMatch(report, /Failed requests:\s+0\n/);
      assert(!report.includes("Non-2xx"), report);
      if (keepAlive.length > 0) assertMatch(report, /Keep-Alive requests:\s+500\n/);
    }
  }
  if (await which("wrk") !== undefined) {
    for (const script of [[], ["-s", `${ROOT}bench/pipeline.lua`]]) {
      const report = await run("wrk", "-t1", "-c10", "-d1s", ...script, `${base}/hello`);
      assertMatch(report, /[1-9]\d* requests in/);
      assert(!/Socket errors|Non-2xx/.test(report), report);
    }
  }
});

testOnEach(
  "HTTP: a fetch application receives a web Request",
  async (runtime) => {
    await using site = await serve<Ready>(runtime, "tests/http/fixtures/fetch.ts");
    for (const path of ["/a", "/proxy/a"]) {
      const init = { method: "PUT", body: "grüß dich", headers: { "x-a": "1" } };
      const response = await fetch(site.ready.addresses[0] + path, init);
      assertEquals(await response.json(), {
        isRequest: true,
        method: "PUT",
        path: "/a",
        header: "1",
        aborted: false,
        text: "grüß dich",
        used: true,
        copied: ["PUT", true, "1", "grüß dich"],
      });
    }
    assertEquals(site.stderr, "");
  },
);

/** Bundles an app with its imports, for runtimes without an import map. */
async function bundled(runtime: Runtime, app: string, folder: string): Promise<Runtime> {
  if (runtime.name === "deno") return runtime;
  const bundle = `${folder}/app.mjs`;
  const options = ["--quiet", "--no-check", "--packages=bundle", "--platform=deno"];
  await run(Deno.execPath(), "bundle", ...options, `--output=${bundle}`, ROOT + app);
  return { ...runtime, command: () => Promise.resolve([runtime.path, bundle]) };
}

testOnEach("HTTP: a Hono application runs", async (runtime) => {
  const folder = await Deno.makeTempDir();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const app = "tests/http/fixtures/hono.ts";
  const site = stack.use(await serve<Ready>(await bundled(runtime, app, folder), app));
  const [base] = site.ready.addresses;
  assertEquals(await (await fetch(`${base}/hello/you`)).text(), "hello you");
  const init = { method: "POST", body: "[1,2,3]" };
  assertEquals(await (await fetch(`${base}/sum`, init)).json(), { sum: 6 });
  const missing = await fetch(`${base}/none`);
  await missing.text();
  assertEquals(missing.status, 404);
});
