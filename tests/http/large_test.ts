import { assert, assertEquals } from "@std/assert";
import { residentBytes } from "../../bench/helpers/process.ts";
import { bundled } from "../helpers/bundled.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { which } from "../tools.ts";

/** The size of the file, in bytes. */
const SIZE = 2 ** 30;

/**
 * How much more memory a server may use during the transfer, in bytes. Garbage collectors stay at
 * about 100 MiB, whatever the size.
 */
const GROWTH = 256 * 2 ** 20;

/** The peak memory of `pid` during `work`. */
async function peakOf(pid: number, work: Promise<unknown>): Promise<number> {
  let peak = 0;
  let done = false;
  const watched = work.finally(() => done = true);
  while (!done) {
    peak = Math.max(peak, await residentBytes(pid));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await watched;
  return peak;
}

async function curl(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("curl", {
    args: ["--silent", "--show-error", ...args],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

testInTurn("HTTP: 1 GiB is sent and received with flat memory", async (runtime) => {
  if (await which("curl") === undefined) return;
  const folder = await Deno.makeTempDir();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.writeFile(`${folder}/large`, new Uint8Array());
  await Deno.truncate(`${folder}/large`, SIZE);
  const args = [folder];
  const site = stack.use(
    await serve<{ addresses: string[] }>(runtime, "tests/http/fixtures/site.ts", { args }),
  );
  const [base] = site.ready.addresses;
  assertEquals(await curl(`${base}/hello`), "hello");
  const before = await residentBytes(site.pid);

  const download = curl(
    "--output",
    "/dev/null",
    "--write-out",
    "%{size_download}",
    `${base}/large`,
  );
  const sent = await peakOf(site.pid, download) - before;
  assertEquals(await download, String(SIZE));
  assert(sent < GROWTH, `sending takes ${sent} bytes more`);

  const upload = curl("--upload-file", `${folder}/large`, `${base}/count`);
  const received = await peakOf(site.pid, upload) - before;
  assertEquals(await upload, `{"size":${SIZE}}`);
  assert(received < GROWTH, `receiving takes ${received} bytes more`);
});

testInTurn("HTTP: fetch in a worker streams 1 GiB each way with flat memory", async (runtime) => {
  if (await which("curl") === undefined) return;
  const file = await Deno.makeTempFile();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(file));
  await Deno.truncate(file, SIZE);
  const transfers: [app: string, expected: string, ...args: string[]][] = [
    ["download", String(SIZE), "--output", "/dev/null", "--write-out", "%{size_download}"],
    ["upload", String(SIZE), "--upload-file", file],
  ];
  for (const [app, expected, ...args] of transfers) {
    await using site = await serve<{ addresses: string[] }>(
      bundled(runtime),
      "bench/servers/fetch_goer.ts",
      { args: [app] },
    );
    const before = await residentBytes(site.pid);
    const transfer = curl(...args, `${site.ready.addresses[0]}/?size=${SIZE}`);
    const growth = await peakOf(site.pid, transfer) - before;
    assertEquals(await transfer, expected);
    assert(growth < GROWTH, `the ${app} takes ${growth} bytes more`);
  }
});
