import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { localAddress } from "../helpers/socket.ts";
import type { WorkerStatistics } from "../../src/supervisor/ipc/messages.ts";
import type { ConnectionStatus, StatusReport } from "../../src/supervisor/workers/status.ts";
import { App, ask, askOnce, freePort } from "./app.ts";

const STEPS: [name: string, body: (app: App, port: number, peer: string) => Promise<void>][] = [
  ["status --json", async (app, port) => {
    const report: StatusReport = JSON.parse((await app.command("status", "--json")).out);
    assertEquals([report.reloads, report.upgrades, report.load.length], [0, 0, 3]);
    assert(report.uptime > 0 && report.memory > 0);
    assertEquals(report.services, [
      { name: "shop", address: `text://127.0.0.1:${port}`, protocol: "text", workers: 2 },
    ]);
    assertEquals(report.workers.map((worker) => worker.slot).sort(), [0, 1]);
    const sum = (name: keyof WorkerStatistics) =>
      report.workers.reduce((total, one) => total + Number(one.statistics![name]), 0);
    assertEquals([sum("connections"), sum("messages"), sum("handlerErrors")], [1, 2, 1]);
    assertEquals([sum("bytesRead"), sum("bytesWritten"), sum("sendFailures")], [12, 7, 0]);
    assert(sum("memory") > 1e6 && sum("processor") >= 0 && sum("loopDelay") >= 0);
    assert(sum("timers") >= 0);
  }],
  ["status", async (app) => {
    const { out } = await app.command("status");
    assertStringIncludes(out, `\n${app.module}, log ${app.folder}/run/goer.log\n`);
    assertMatch(out, /^goer [\d.]+\S* on .*process \d+, running for \d+s$/m);
    assertMatch(out, /^reloads 0, upgrades 0, load [\d.]+ [\d.]+ [\d.]+, supervisor memory/m);
    assertMatch(out, /^SERVICE +ADDRESS +PROTOCOL +WORKERS$/m);
    assertMatch(out, /^WORKER +PID +SLOT +GEN +STATE +UPTIME +MEMORY +CPU% +DELAY +CONN/m);
    assertMatch(out, /^ +1 +\d+ +0 +1 +ready /m);
  }],
  ["connections", async (app, _, peer) => {
    const { out } = await app.command("connections");
    assertMatch(out, /^PEER +SERVICE +WORKER +PROTOCOL +STATE +AGE +IN +OUT +QUEUED$/m);
    assertMatch(out, new RegExp(`^${peer} +shop +[12] +text +open +\\d+s +6 B +7 B +0 B$`, "m"));
  }],
  ["connections shows only those that are asked for", async (app, _, peer) => {
    const count = async (...words: string[]) =>
      JSON.parse((await app.command("connections", "--json", ...words)).out).length;
    assertEquals(await count("--service=shop", `--peer=${peer}`, "--state=open"), 1);
    assertEquals(await count("--service=other"), 0);
    assertEquals(await count("--peer=192.0.2."), 0);
    assertEquals(await count("--state=closing"), 0);
  }],
  ["connections --json", async (app, _, peer) => {
    const { out } = await app.command("connections", "--json");
    const [one, ...others]: ConnectionStatus[] = JSON.parse(out);
    assertEquals(others, []);
    const { service, protocol, remoteAddress, bytesRead, bytesWritten, bufferedBytes } = one;
    assertEquals([service, protocol, remoteAddress], ["shop", "text", peer]);
    assertEquals([bytesRead, bytesWritten, bufferedBytes], [6, 7, 0]);
    assert(one.age >= 0 && (await app.workers()).includes(one.pid));
  }],
  ["status --watch shows it again and again, until Ctrl+C", async (app) => {
    await using watching = app.spawn("status", "--watch");
    await until("two reports", () => Promise.resolve(watching.output.split("WORKER  ").length > 2));
    watching.signal("SIGINT");
    assertEquals(await watching.ended(), 0);
  }],
  ["status --watch ends when nobody reads it any more", async (app) => {
    const script = `{ "$@"; echo "code $?" >&2; } | head -1`;
    const { error } = await app.run(["sh", "-c", script, "sh", ...app.words("status", "--watch")]);
    assertEquals(error, "code 0\n");
  }],
  ["status --watch ends with the supervisor", async (app) => {
    await using watching = app.spawn("status", "--watch");
    await watching.printed("WORKER  ");
    assertEquals((await app.command("stop", "--now")).code, 0);
    assertEquals(await watching.ended(), 3);
  }],
];

testInTurn("status and connections show the workers and connections", async (runtime, context) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default {
      name: "shop", listen: "text://127.0.0.1:${port}", workers: 2, stopTimeout: 1000,
      onMessage(connection, line) {
        if (line === "throw") throw new Error("as asked");
        connection.send("answer");
      },
      onError() {},
    };`,
  );
  await app.start();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  assertEquals(await ask(connection, "hello"), "answer");
  await askOnce(port, "throw").catch(() => {});
  await until("the end of the failed one", async () => {
    const { workers } = await app.status();
    const open = workers.reduce((sum, one) => sum + (one.statistics?.connections ?? 9), 0);
    return open === 1;
  });
  const peer = localAddress(connection);
  for (const [name, body] of STEPS) await context.step(name, () => body(app, port, peer));
});

testInTurn(
  "a command without a supervisor says so in words and with its exit code",
  async (runtime) => {
    await using app = await App.write(runtime, "");
    for (const command of ["status", "reload", "stop", "restart", "connections"]) {
      const { code, error } = await app.command(command);
      assertEquals([command, code], [command, 3]);
      assertStringIncludes(error, `${app.module} is not running`);
    }
  },
);

testInTurn("restart starts the current code with the same options", async (runtime) => {
  const port = freePort();
  const source = (answer: string) =>
    `export default { listen: "text://127.0.0.1:${port}", workers: 1, stopTimeout: 1000,
      onMessage: (connection) => { connection.send("${answer}") } };`;
  await using app = await App.write(runtime, source("old"));
  await app.start("-w", "2");
  const before = await app.status();
  await app.rewrite(source("new"));
  const { code, out, error } = await app.command("restart");
  assertEquals([code, error], [0, ""]);
  assertStringIncludes(out, "restarted");
  const after = await app.status();
  assertEquals([after.workers.length, after.reloads], [2, 0]);
  assert(after.workers.every(({ pid }) => before.workers.every((one) => one.pid !== pid)));
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  assertEquals(await ask(connection, "x"), "new");
});

testInTurn(
  "commands to a stopped supervisor give up, and are not carried out later",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(
      runtime,
      `export default { listen: "text://127.0.0.1:${port}", workers: 1,
        onMessage: (connection, line) => void connection.send(line) };`,
    );
    await app.start();
    const { pid, reloads } = await app.status();
    Deno.kill(pid, "SIGSTOP");
    try {
      const commands = ["status", "reload", "stop"];
      const printed = await Promise.all(commands.map((command) => app.command(command)));
      for (const [index, { code, error }] of printed.entries()) {
        assertEquals(code, 1);
        assertStringIncludes(error, `Cannot ${commands[index]}: the supervisor, process ${pid}`);
      }
    } finally {
      Deno.kill(pid, "SIGCONT");
    }
    assertEquals((await app.status()).reloads, reloads);
    assertEquals(await askOnce(port, "x"), "x");
  },
);

testInTurn("a command waits while the supervisor is away for a moment", async (runtime) => {
  await using app = await App.write(
    runtime,
    `export default { listen: "text://127.0.0.1:${freePort()}", onMessage() {} };`,
  );
  await app.start();
  const { pid } = await app.status();
  // As during an upgrade with a slow new supervisor.
  Deno.kill(pid, "SIGSTOP");
  await Deno.remove(`${app.folder}/run/control.sock`);
  await using stop = app.spawn("stop");
  await new Promise((resolve) => setTimeout(resolve, 3000));
  Deno.kill(pid, "SIGCONT");
  assertEquals([await stop.ended(), stop.output], [0, "stopping …\nstopped\n"]);
});
