import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inTime, until } from "../helpers/wait.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { App, ask, askOnce, freePort } from "./app.ts";
import { isAlive } from "./processes.ts";

/** An app that passes each line to its `handle`. */
function appThat(port: number, handle: string, options = ""): string {
  return `
    import process from "node:process";
    const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
    export default { listen: "text://127.0.0.1:${port}", stopTimeout: 1000, ${options}
      async onMessage(connection, line) { ${handle}; connection.send(line); } };`;
}

/** Each line is a command with words. */
const COMMANDS = `
  const [command, ...words] = line.split(" ");
  const text = words.join(" ");
  const commands = {
    log: () => console.log(text),
    raw: () => process.stdout.write(text + "\\n"),
    all() {
      console.log(text);
      process.stdout.write("raw " + text + "\\n");
      process.stderr.write("raw " + text + "\\n");
    },
    async letters([letter, raw]) {
      for (let count = 0; count < 4; count++) {
        if (raw) process.stdout.write(letter.repeat(200_000) + "\\n");
        else console.log(letter.repeat(200_000));
        await pause(1);
      }
    },
    long: () => process.stdout.write("x".repeat(2_500_000) + "\\n"),
    async last() {
      process.stderr.write("last words", () => process.exit(1));
      await pause(60_000);
    },
    lines(count) {
      for (let index = 0; index < Number(count); index++) console.log(words.slice(1).join(" "), index);
    },
    exit: () => process.exit(1),
    async go() {
      for (let count = 0; globalThis.stopped !== true; count++) {
        console.log("log", count);
        process.stdout.write("raw " + count + "\\n");
        await pause(1);
      }
      console.log("finished");
    },
    stop() { globalThis.stopped = true },
  };
  const running = commands[command](...words);
  if (command !== "go") await running`;

/** A running app, and its port. */
interface Talkative {
  app: App;
  port: number;
}

/** What happens to the output of an app. The last step kills its supervisor. */
const STEPS: [name: string, body: (talkative: Talkative) => Promise<void>][] = [
  ["long lines of several workers are not mixed", writeLongLines],
  ["a line over a megabyte is split into marked pieces", writeLongestLine],
  ["the last output of a worker is kept, even without a line end", writeLastWords],
  ["everything that a worker logs before it exits is kept", logBeforeExit],
  ["everything that a worker logs before it exits is kept by a busy supervisor", logToBusy],
  ["a worker continues while its supervisor is stopped", logToStopped],
  [
    "after reopen, no process of a service that was started has the old log open",
    (app) => reopen(app, "first"),
  ],
  ["no line is lost or out of order during an upgrade", logDuringUpgrade],
  [
    "after reopen, no process of a service that was upgraded has the old log open",
    (app) => reopen(app, "again"),
  ],
  ["a worker that logs can finish after its supervisor was killed", outliveSupervisor],
];

testOnEach("output", async (runtime, context) => {
  const port = freePort();
  const options = "workers: 3, stopTimeout: 20_000,";
  await using app = await App.write(runtime, appThat(port, COMMANDS, options));
  await app.start();
  for (const [name, body] of STEPS) await context.step(name, () => body({ app, port }));
});

/** The text of each log line of a worker, without its prefix. */
async function said(app: App): Promise<string[]> {
  const lines = (await app.log()).split("\n");
  return lines.flatMap((line) => /^\S+Z \S+ worker \d+: (.*)$/.exec(line)?.[1] ?? []);
}

/** The processes that have a file open whose name starts like this. */
function holders(pids: number[], path: string): string[] {
  return pids.flatMap((pid) =>
    [...Deno.readDirSync(`/proc/${pid}/fd`)].flatMap(({ name }) => {
      try {
        const target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
        return target.startsWith(path) ? [`${pid}: ${name} → ${target}`] : [];
      } catch {
        return []; // It was closed meanwhile.
      }
    })
  );
}

async function writeLongLines({ app, port }: Talkative): Promise<void> {
  await Promise.all(["a", "b", "c!", "d!"].map((what) => askOnce(port, `letters ${what}`)));
  const text = await until("all lines", async () => {
    const text = await app.log();
    return text.match(/^\S+Z info worker|^[cd]/gm)?.length === 16 && text.endsWith("\n") && text;
  });
  const odd = text.split("\n").filter((line) =>
    line !== "" && !/^\S+Z info \S+( \d+)?: /.test(line) && !/^(c{200000}|d{200000})$/.test(line) ||
    /worker/.test(line) && !/: (a{200000}|b{200000})$/.test(line)
  );
  assertEquals(odd.map((line) => line.slice(0, 100)), []);
}

async function writeLongestLine({ app, port }: Talkative): Promise<void> {
  await askOnce(port, "long");
  const text = await until("its end", async () => {
    const text = await app.log();
    return /^x{402848}$/m.test(text) && text;
  });
  assertEquals(text.match(/^x{1048576} \[line too long: continued\]$/gm)?.length, 2);
}

async function writeLastWords({ app, port }: Talkative): Promise<void> {
  await askOnce(port, "last").catch(() => {});
  await until("its last words", async () => /^last words$/m.test(await app.log()));
}

/** Makes a worker log lines and exit; `meanwhile` is what happens then. */
async function logAndExit(
  { app, port }: Talkative,
  text: string,
  meanwhile: () => unknown = () => {},
) {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`lines 5000 ${text}\nexit\n`));
  await meanwhile();
  const lines = await until("the last line", async () => {
    const lines = await said(app);
    return lines.includes(`${text} 4999`) && lines;
  });
  const expected = Array.from({ length: 5000 }, (_, count) => `${text} ${count}`);
  assertEquals(lines.filter((line) => line.startsWith(text)).toSorted(), expected.toSorted());
}

async function logBeforeExit(talkative: Talkative): Promise<void> {
  await logAndExit(talkative, "line");
}

/** Waits until workers that exited are replaced, and returns the supervisor's process id. */
async function supervisorOfAll(app: App): Promise<number> {
  return await until("three workers", async () => {
    const { pid, workers } = await app.status();
    return workers.filter(({ state }) => state === "ready").length === 3 && pid;
  });
}

async function logToBusy(talkative: Talkative): Promise<void> {
  const pid = await supervisorOfAll(talkative.app);
  Deno.kill(pid, "SIGSTOP");
  await logAndExit(talkative, "busy", async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    Deno.kill(pid, "SIGCONT");
  });
}

async function logToStopped({ app, port }: Talkative): Promise<void> {
  const pid = await supervisorOfAll(app);
  Deno.kill(pid, "SIGSTOP");
  try {
    for (let count = 0; count < 10; count++) {
      const line = `lines 1000 try ${count}`;
      assertEquals(await inTime(askOnce(port, line), "an answer"), line);
    }
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
  const tries = await until("the last line", async () => {
    const tries = (await said(app)).filter((line) => line.startsWith("try"));
    return tries.includes("try 9 999") && tries;
  });
  assertEquals(tries.length, 10_000);
}

async function reopen({ app, port }: Talkative, word: string): Promise<void> {
  await askOnce(port, `all before ${word}`);
  const path = `${app.folder}/run/goer.log`;
  await until("the line before", async () => (await app.log()).includes(`raw before ${word}`));
  await Deno.rename(path, `${path}.1`);
  assertEquals((await app.ask("reopen")).ok, true);
  const { pid, workers } = await app.status();
  assertEquals(holders([pid, ...workers.map(({ pid }) => pid)], `${path}.1`), []);
  await askOnce(port, `all after ${word}`);
  await until("the raw line", async () => (await app.log()).includes(`\nraw after ${word}\n`));
  await until("the log line", async () => (await said(app)).includes(`after ${word}`));
  assertEquals((await Deno.readTextFile(`${path}.1`)).includes(`after ${word}`), false);
}

async function logDuringUpgrade({ app, port }: Talkative): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await ask(connection, "go");
  const { code, error } = await app.command("upgrade");
  assertEquals([code, error], [0, ""]);
  const before = (await said(app)).length;
  await until("lines after the upgrade", async () => (await said(app)).length > before + 20);
  await ask(connection, "stop");
  await until("the last line", async () => (await said(app)).includes("finished"));
  const text = await app.log();
  for (const regexp of [/: log (\d+)$/gm, /^raw (\d+)$/gm]) {
    const counts = [...text.matchAll(regexp)].map(([, count]) => Number(count));
    const gaps = counts.filter((count, index) => count !== (counts[index - 1] ?? -1) + 1);
    assertEquals([regexp, gaps], [regexp, []]);
  }
}

async function outliveSupervisor({ app, port }: Talkative): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await ask(connection, "all one");
  const { pid, workers } = await app.status();
  Deno.kill(pid, "SIGKILL");
  await until("the end of the supervisor", () => Promise.resolve(!isAlive(pid)));
  await until("the notice", async () => (await app.log()).includes("the supervisor has ended"));
  for (let count = 0; count < 10; count++) {
    const line = `all orphaned ${count}`;
    assertEquals(await ask(connection, line), line);
  }
  await until("its last line", async () => (await said(app)).includes("orphaned 9"));
  connection.close();
  for (const worker of workers) {
    await until("the end of the workers", () => Promise.resolve(!isAlive(worker.pid)));
  }
}

/** Starts the app with a pipe as its output, which the test reads or leaves. */
function startPiped(app: App) {
  const [executable, ...args] = app.words("start");
  return new Deno.Command(executable, { args, stdin: "null", stdout: "piped", stderr: "null" })
    .spawn();
}

/** Reads output until it has told of as many lines of 1,000 characters, kept or lost. */
async function countLines(output: ReadableStream<Uint8Array<ArrayBuffer>>, expected: number) {
  let [kept, lost, rest] = [0, 0, ""];
  const reader = output.pipeThrough(new TextDecoderStream()).getReader();
  while (kept + lost < expected) {
    const { value, done } = await inTime(reader.read(), "output");
    assert(!done, `${kept} kept, ${lost} lost`);
    const lines = (rest + value).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      assertMatch(line, /^\S+Z \w+ (supervisor|worker \d): /);
      if (/: x{1000}$/.test(line)) kept++;
      lost += Number(/: (\d+) lines were dropped: nobody read the output$/.exec(line)?.[1] ?? 0);
    }
  }
  await reader.cancel();
  return { kept, lost };
}

testOnEach(
  "the app keeps running when its output is not read, and counts dropped lines",
  async (runtime) => {
    const port = freePort();
    const handle = `for (let count = 0; count < 1000; count++) console.log("x".repeat(1000));
    await pause(1)`;
    await using app = await App.write(runtime, appThat(port, handle, "workers: 2,"));
    await using child = startPiped(app);
    await until("the service", () => askOnce(port, "first").then(() => true, () => false));
    for (let count = 0; count < 12; count++) await askOnce(port, "more");
    assertEquals((await app.status()).workers.length, 2);
    const { kept, lost } = await countLines(child.stdout, 13_000);
    assert(lost > 0, `${kept} kept, ${lost} lost`);
    await app.ask("stop");
  },
);

testInTurn(
  "the app keeps running when the disk of its log is full, and counts dropped lines",
  async (runtime) => {
    const port = freePort();
    const handle = `for (let count = 0; count < 100; count++) console.log("lost", count)`;
    await using app = await App.write(runtime, appThat(port, handle, "workers: 2,"));
    const path = `${app.folder}/app.log`;
    // Each write to it fails as on a full disk.
    await Deno.symlink("/dev/full", path);
    await using running = app.spawn("start", "--log-file", path);
    await until("the service", () => askOnce(port, "first").then(() => true, () => false));
    for (let count = 0; count < 10; count++) assertEquals(await askOnce(port, "more"), "more");
    assertEquals((await app.status()).workers.length, 2);
    await Deno.remove(path);
    assertEquals((await app.ask("reopen")).ok, true);
    await app.ask("stop");
    assertEquals(await running.ended(), 0);
    const text = await Deno.readTextFile(path);
    const lost = / warn supervisor: (\d+) lines were dropped: the log file could not be written$/m;
    assert(Number(lost.exec(text)?.[1]) >= 1100, text);
    assertEquals(text.split("\n").slice(0, -1).filter((line) => !/^\S+Z \w+ \w/.test(line)), []);
  },
);

testInTurn("the app keeps running when the reader of its output is gone", async (runtime) => {
  const port = freePort();
  const handle = `for (let count = 0; count < 100; count++) console.log("lost", count)`;
  await using app = await App.write(runtime, appThat(port, handle, "workers: 2,"));
  await using child = startPiped(app);
  await until("the service", () => askOnce(port, "first").then(() => true, () => false));
  await child.stdout.cancel();
  for (let count = 0; count < 10; count++) assertEquals(await askOnce(port, "more"), "more");
  assertEquals((await app.status()).workers.length, 2);
  assertEquals((await app.ask("reload")).ok, true);
  assertEquals(await askOnce(port, "still"), "still");
  await app.ask("stop");
  assertEquals((await child.status).code, 0);
});

testOnEach("what the app prints while it is loaded has no colors in the log", async (runtime) => {
  const port = freePort();
  const source = appThat(port, "").replace(
    "export",
    `console.log({ colour: 1 }); process.stdout.write("no " + process.env.NO_COLOR); export`,
  );
  await using app = await App.write(runtime, source);
  await app.start();
  const text = await app.log();
  assertMatch(text, /^\S+Z info supervisor: no 1$/m);
  assertEquals(text.includes("\\u001b") || text.includes("\x1b"), false);
});

testInTurn("colors are off for workers whose output is not a terminal", async (runtime) => {
  const port = freePort();
  const handle = `console.log(process.env.NO_COLOR, process.env.FORCE_COLOR)`;
  await using app = await App.write(runtime, appThat(port, handle));
  using _ = withoutVariable("NO_COLOR");
  await app.start();
  await askOnce(port, "go");
  await until("its line", async () => (await said(app)).includes("1 undefined"));
  assertEquals((await app.command("stop")).code, 0);
  app.options = { environment: { FORCE_COLOR: "1" } };
  await app.start();
  await askOnce(port, "go");
  await until("the other line", async () => (await said(app)).includes("undefined 1"));
  assertStringIncludes(await app.log(), "stopped");
});

/**
 * Unsets an environment variable, which a test run may have set, until the returned object is
 * disposed.
 */
function withoutVariable(name: string): Disposable {
  const value = Deno.env.get(name);
  Deno.env.delete(name);
  return { [Symbol.dispose]: () => value === undefined || Deno.env.set(name, value) };
}
