import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { namesIn } from "../helpers/unix_sockets.ts";
import { processorCount } from "../../src/runtime/process/processors.ts";
import { App, askOnce, freePort, untilEnded } from "./app.ts";
import { runFixture } from "./bundle.ts";
import { isAlive } from "./processes.ts";

/** An app that echoes lines. */
function echo(port: number, options = "workers: 2, stopTimeout: 1000"): string {
  return `export default { listen: "text://127.0.0.1:${port}", ${options},
    onMessage: (connection, line) => { connection.send(line) } };`;
}

/** Apps that do not start, why not, and the words of their start. */
type Broken = [what: string, source: string, reason: string, ...words: string[]];

/** Code that each runtime reports in its own way. */
const BROKEN_CODE: Broken[] = [
  ["throws", "throw new Error('not today')", "not today"],
  ["is not JavaScript", "export default {", "app.mjs"],
  ["imports what is not JavaScript", "import './other.mjs'", "other.mjs:2"],
  ["ends by itself", "process.exit(3)", "code 3"],
  [
    "does not load in time",
    "await new Promise(() => setInterval(() => {}, 1000))",
    "did not load",
    "--start-timeout=2000",
  ],
];

const BROKEN_SERVICES: Broken[] = [
  ["exports nothing", "export const nothing = 0;", "Cannot find a service"],
  ["has neither fetch nor an address", "export default { onMessage() {} };", "listen"],
  ["has an invalid address", "export default { listen: 'text:/' };", "text:/"],
  [
    "throws in onWorkerStart",
    "export default { listen: 'tcp://:0', onWorkerStart() { throw new Error('no database') } };",
    "no database",
  ],
  [
    "never becomes ready",
    "export default { listen: 'tcp://:0', onWorkerStart: () => new Promise(() => {}) };",
    "did not get ready",
    "--start-timeout=3000",
  ],
  ["has an unknown option", "export default { listen: 'tcp://:0', wokers: 2 };", "wokers"],
  [
    "has an unknown user",
    "export default { listen: 'tcp://:0', runAs: { user: 'no-such-user' }, onMessage() {} };",
    "no-such-user",
  ],
  [
    "logs to a folder",
    "export default { listen: 'tcp://:0', logFile: '/', onMessage() {} };",
    "Cannot open the log file",
  ],
  ["is started with a folder as its log file", "", "Cannot open the log file", "--log-file=/"],
];

testOnEach(
  "a start that fails gives a reason and leaves nothing behind",
  async (runtime, context) => {
    await using app = await App.write(runtime, "");
    await Deno.writeTextFile(`${app.folder}/other.mjs`, "const one = 1;\nthis is nothing;\n");
    for (const broken of BROKEN_CODE) {
      await context.step(`the app ${broken[0]}`, () => failToStart(app, broken));
    }
  },
);

for (const broken of BROKEN_SERVICES) {
  testInTurn(
    `a start that fails gives a reason and leaves nothing behind: the app ${broken[0]}`,
    async (runtime) => {
      await using app = await App.write(runtime, "");
      await failToStart(app, broken);
    },
  );
}

/** Tries to start a broken app. */
async function failToStart(app: App, [_, source, reason, ...words]: Broken): Promise<void> {
  await app.rewrite(source);
  const { code, error } = await app.command("start", "-d", ...words);
  assertEquals(code, 1);
  assertStringIncludes(error, reason);
  await untilEnded(app);
  // The output of the failed start is in the log.
  const left = (await namesIn(`${app.folder}/run`)).filter((name) => name !== "goer.log");
  assertEquals(left, []);
}

testInTurn("a start of an app that does not exist names its path", async (runtime) => {
  await using app = await App.write(runtime, "");
  await Deno.remove(app.module);
  const { code, error } = await app.command("start", "-d");
  assertEquals([code, error], [
    2,
    `goer: Cannot find the app "${app.module}"\nRun "goer help" for usage.\n`,
  ]);
});

testInTurn("the supervisor prints once why a worker could not start", async (runtime) => {
  const source =
    "export default { listen: 'tcp://:0', onWorkerStart() { throw new Error('no database') } };";
  await using app = await App.write(runtime, source);
  await using started = app.spawn("start");
  assertEquals(await started.ended(), 1);
  const lines = started.output.split("\n").filter((line) => line.includes("no database"));
  assertEquals(lines.filter((line) => line.includes("supervisor:")).length, 1, started.output);
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

testInTurn(
  "a stale pid file does not prevent a start, even if its pid belongs to another process",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, echo(port));
    await Deno.mkdir(`${app.folder}/run`, { mode: 0o700 });
    const pidFile = `${app.folder}/run/goer.pid`;
    await Deno.writeTextFile(pidFile, "4194305\n1\n"); // Over the highest that Linux gives.
    await app.start();
    await app.command("stop", "--now");
    await Deno.writeTextFile(pidFile, `${Deno.pid}\n1\n`); // This process, which started at another time.
    await app.start();
    assertEquals(await askOnce(port, "x"), "x");
  },
);

testInTurn("a pid file of unknown origin does not prevent a start", async (runtime) => {
  await using app = await App.write(runtime, echo(freePort()));
  await Deno.mkdir(`${app.folder}/run`, { mode: 0o700 });
  // The first process of the system runs, and so does this one: neither is a supervisor here.
  for (
    const text of ["1", "1\n", "0", "-1\n", `${Deno.pid}`, "", "no number\n", "\0".repeat(500)]
  ) {
    await Deno.writeTextFile(`${app.folder}/run/goer.pid`, text);
    const { code, error } = await app.command("status");
    assertEquals([text, code, error.includes("is not running")], [text, 3, true], error);
  }
  await Deno.writeTextFile(`${app.folder}/run/goer.pid`, "1");
  await app.start();
  assertEquals((await app.command("stop")).code, 0);
});

testInTurn("a runtime directory that others can enter is refused", async (runtime) => {
  await using app = await App.write(runtime, echo(0));
  await Deno.mkdir(`${app.folder}/run`);
  await Deno.chmod(`${app.folder}/run`, 0o777);
  const { code, error } = await app.command("start", "-d");
  assertEquals(code, 1);
  assertStringIncludes(error, "mode 777");
});

testInTurn("only the owner can access the control socket and the pid file", async (runtime) => {
  await using app = await App.write(runtime, echo(0));
  await app.start();
  const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
  assertEquals(await mode(`${app.folder}/run`), 0o700);
  assertEquals(await mode(`${app.folder}/run/control.sock`), 0o600);
  assertEquals(await mode(`${app.folder}/run/goer.pid`), 0o600);
});

testOnEach(
  "only the owner can access the control socket from the first moment",
  async (runtime) => {
    const folder = await Deno.makeTempDir();
    const seen = await runFixture(runtime, "control_socket", `${folder}/control.sock`);
    assertEquals(seen, { mode: "600", stays: true, mask: "0" });
    await Deno.remove(folder, { recursive: true });
  },
);

testInTurn(
  "-d returns when the workers are ready, and --json prints the outcome",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, echo(port));
    const { code, out } = await app.command(
      "start",
      "-d",
      "-w",
      "3",
      "--json",
      "--log-file",
      `${app.folder}/log`,
    );
    assertEquals(code, 0);
    const replies = out.trim().split("\n").map((line) => JSON.parse(line));
    const { data, ...outcome } = replies.at(-1);
    assertEquals(outcome, { type: "outcome", ok: true, text: "ready" });
    assertEquals(await askOnce(port, "x"), "x");
    const { workers, logFile, pid, services } = await app.status();
    assertEquals(data, { logFile, pid, services });
    assertEquals(workers.map(({ state }) => state), ["ready", "ready", "ready"]);
    assertEquals(logFile, `${app.folder}/log`);
    assertStringIncludes(await Deno.readTextFile(logFile), "serving text://127.0.0.1:");
  },
);

testInTurn(
  "an app with daemon: true detaches from the terminal, and names its log",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, "");
    await app.rewrite(echo(port, `daemon: true, logFile: "${app.folder}/own.log"`));
    const { code, out } = await app.command("start");
    assertEquals(code, 0);
    assertStringIncludes(out, "ready");
    assertEquals(await askOnce(port, "x"), "x");
    assertStringIncludes(await Deno.readTextFile(`${app.folder}/own.log`), "serving");
  },
);

testOnEach("in the foreground an app logs to the terminal until Ctrl+C", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    echo(port, "onWorkerStart: ({ slot }) => console.log('worker in slot', slot)"),
  );
  await using started = app.spawn("start");
  await started.printed("supervisor: serving text://");
  assertEquals(await askOnce(port, "x"), "x");
  started.signal("SIGINT");
  assertEquals(await started.ended(), 0);
  assert(/^\d{4}-\d\d-\d\dT[\d:.]+Z info worker 1: worker in slot 0$/m.test(started.output));
  assertStringIncludes(started.output, "info supervisor: stopped");
});

testInTurn("--name finds an app without its path", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, echo(port));
  app.options.environment = { XDG_RUNTIME_DIR: app.folder };
  const named = app.words("start", "-d", "--name=shop").filter((word) =>
    !word.startsWith("--runtime-dir")
  );
  assertEquals((await app.run(named)).code, 0);
  assertEquals(await exists(`${app.folder}/goer/shop/goer.pid`), true);
  const nameless = (command: string) =>
    named.filter((word) => word !== app.module && word !== "-d").map((word) =>
      word === "start" ? command : word
    );
  assertEquals((await app.run(nameless("status"))).code, 0);
  assertEquals((await app.run(nameless("stop"))).code, 0);
});

testOnEach("an app that calls runAll is its own command", async (runtime) => {
  const [port, other] = [freePort(), freePort()];
  await using app = await App.write(runtime, "");
  await app.rewrite(`import { Goer, runAll } from "${app.goer}";
    const goer = new Goer("text://127.0.0.1:${port}", { workers: 2, stopTimeout: 1000 });
    goer.onMessage = (connection, line) => { connection.send(line) };
    const onMessage = (connection, line) => { connection.send("other " + line) };
    await runAll(goer, { listen: "text://127.0.0.1:${other}", workers: 2, onMessage });`);
  const own = (command: string, ...words: string[]) => app.run(app.ownWords(command, ...words));
  assertEquals((await own("start", "-d")).error, "");
  assertEquals(await askOnce(port, "x"), "x");
  assertEquals(await askOnce(other, "x"), "other x");
  assertEquals((await own("reload")).code, 0);
  assertEquals((await own("upgrade")).code, 0);
  assertEquals(await askOnce(port, "y"), "y");
  assertStringIncludes((await own("status")).out, "reloads 2, upgrades 1");
  assertEquals((await own("stop")).code, 0);
  assertEquals((await own("status")).code, 3);
  const { code, error } = await own("stop", "other.mjs");
  assertEquals([code, error.includes('Unexpected argument "other.mjs"')], [2, true], error);
});

/** What a program may not ask of runAll, and what it is told. */
const NOT_RUN: [name: string, code: string, error: string][] = [
  ["nothing", "await runAll();", "Cannot find a service in the arguments of runAll"],
  ["no service", "await runAll(5);", "Cannot use the arguments of runAll: expected a Goer"],
  [
    "one service of two by its method",
    `new Goer("text://127.0.0.1:0");
     await new Goer("text://127.0.0.1:0").runAll();`,
    "Cannot run one of 2 services",
  ],
  [
    "services in two calls",
    `runAll(new Goer("text://127.0.0.1:0"));
     await runAll(new Goer("text://127.0.0.1:0"));`,
    "Cannot call runAll twice",
  ],
];

for (const [name, code, expected] of NOT_RUN) {
  testInTurn(`an app that runs ${name} does not start, and the error says why`, async (runtime) => {
    await using app = await App.write(runtime, "");
    await app.rewrite(`import { Goer, runAll } from "${app.goer}";\n${code}`);
    const { code: exitCode, error, out } = await app.run(app.ownWords("start", "-d"));
    assertEquals([exitCode, error.includes(expected)], [1, true], out + error);
  });
}

testInTurn("the app's result counts even if the supervisor reads it late", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  await app.rewrite(`
    import { existsSync, writeFileSync } from "node:fs";
    import process from "node:process";
    if (!existsSync("${app.folder}/go")) {
      writeFileSync("${app.folder}/pid", String(process.pid));
      while (!existsSync("${app.folder}/go")) await new Promise((done) => setTimeout(done, 10));
    }
    ${echo(port)}`);
  const starting = app.start();
  const read = (name: string) => Deno.readTextFile(`${app.folder}/${name}`).catch(() => "");
  const loader = await until("the app is being loaded", async () => Number(await read("pid")));
  const supervisor = Number((await read("run/goer.pid")).split("\n")[0]);
  // The supervisor stands still while the process that loads the app speaks and ends.
  Deno.kill(supervisor, "SIGSTOP");
  await Deno.writeTextFile(`${app.folder}/go`, "");
  await until("the process has ended", () => Promise.resolve(!isAlive(loader)));
  Deno.kill(supervisor, "SIGCONT");
  await starting;
  assertEquals(await askOnce(port, "hello"), "hello");
});

testInTurn('workers "auto" are as many as there are processors', async (runtime) => {
  const source = `export default { listen: "text://127.0.0.1:${freePort()}", workers: "auto" };`;
  await using app = await App.write(runtime, source);
  await app.start();
  assertEquals((await app.workers()).length, processorCount());
});

testInTurn("--workers auto overrides what the app says", async (runtime) => {
  const source = `export default { listen: "text://127.0.0.1:${freePort()}", workers: 9 };`;
  await using app = await App.write(runtime, source);
  await app.start("--workers", "auto");
  assertEquals((await app.workers()).length, processorCount());
});
