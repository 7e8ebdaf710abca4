import { assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { type Runtime, testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { App, askOnce, freePort } from "./app.ts";
import { fixtureCommand } from "./bundle.ts";
import { Running } from "./processes.ts";

/** How many files are claimed, and by how many processes. */
const [FILES, PROCESSES] = [200, 4];

/** An ended process: its id is over the highest number that Linux assigns. */
const GONE = "4194305\n1\n";

/** How often each file was claimed by processes of `runtime` that all tried at the same time. */
async function claims(runtime: Runtime, folder: string): Promise<number[]> {
  const command = await fixtureCommand(runtime, "claims");
  const start = Date.now() + 2000;
  await using stack = new AsyncDisposableStack();
  const processes = Array.from(
    { length: PROCESSES },
    () => stack.use(new Running([...command, folder, String(FILES), String(start)])),
  );
  const counts = new Array(FILES).fill(0);
  for (const process of processes) {
    await process.printed("]\n");
    for (const index of JSON.parse(process.output)) counts[index]++;
  }
  return counts;
}

/** The initial state: no file, one of an ended process, an invalid one. */
const FOUND = [undefined, GONE, "0\n", GONE];

testOnEach(
  "exactly one of several processes can claim a file at the same time",
  async (runtime) => {
    const folder = await Deno.makeTempDir();
    for (let index = 0; index < FILES; index++) {
      const kind = index % FOUND.length;
      const text = FOUND[kind];
      if (text !== undefined) await Deno.writeTextFile(`${folder}/${index}`, text);
      // The process that was replacing it has ended, too.
      if (kind === 3) await Deno.writeTextFile(`${folder}/${index}.lock`, GONE);
    }
    assertEquals(await claims(runtime, folder), new Array(FILES).fill(1));
    assertEquals([...Deno.readDirSync(folder)].length, FILES, "other files are left");
    await Deno.remove(folder, { recursive: true });
  },
);

function echo(port: number): string {
  return `export default { listen: "text://127.0.0.1:${port}", stopTimeout: 1000,
    onMessage: (connection, line) => void connection.send(line) };`;
}

testInTurn(
  "exactly one of several simultaneous starts takes over a stale pid file",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, echo(port));
    await Deno.mkdir(`${app.folder}/run`, { mode: 0o700 });
    await Deno.writeTextFile(`${app.folder}/run/goer.pid`, GONE);
    await using stack = new AsyncDisposableStack();
    const starts = Array.from({ length: 5 }, () => stack.use(app.spawn("start")));
    const refused = () => starts.filter(({ output }) => output.includes("already running"));
    const serving = () => starts.filter(({ output }) => output.includes("supervisor: serving"));
    await until("one that serves", () => Promise.resolve(serving().length > 0));
    await until("refusals", () => Promise.resolve(refused().length === starts.length - 1));
    assertEquals(await Promise.all(refused().map((one) => one.ended())), [1, 1, 1, 1]);
    assertEquals(serving().length, 1);
    assertEquals((await app.status()).pid > 0, true);
    assertEquals(await askOnce(port, "x"), "x");
  },
);

testInTurn("an app that is its own command refuses a second start immediately", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  await app.rewrite(`import { Goer } from "${app.goer}";
    const goer = new Goer("text://127.0.0.1:${port}", { stopTimeout: 1000 });
    goer.onMessage = (connection, line) => { connection.send(line) };
    await goer.runAll();`);
  await app.start();
  const { code, error } = await app.run(app.ownWords("start"));
  assertEquals(code, 1);
  assertStringIncludes(error, "already running");
  assertEquals(await askOnce(port, "x"), "x");
});

testInTurn("no other start succeeds while a supervisor is restarted", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, echo(port));
  await app.start();
  await using restart = app.spawn("restart");
  let restarted = false;
  const ended = restart.ended().then((code) => {
    restarted = true;
    return code;
  });
  while (!restarted) {
    const { code, error } = await app.command("start");
    assertEquals(code, 1);
    assertStringIncludes(error, "already running");
  }
  assertEquals(await ended, 0, restart.output);
  assertEquals(await askOnce(port, "x"), "x");
});
