import { assertEquals } from "@std/assert";
import { type Runtime, testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, ask, askOnce, freePort } from "./app.ts";
import { isAlive } from "./processes.ts";
import { NOT_ROOT, PublicApp, UID, USER } from "./public_app.ts";

const text = new TextEncoder();

/** A frame of a channel that holds this text. */
function frame(json: string, kind = 0): Uint8Array {
  const payload = text.encode(json);
  const bytes = new Uint8Array(5 + payload.length);
  new DataView(bytes.buffer).setUint32(0, payload.length + 1);
  bytes[4] = kind;
  bytes.set(payload, 5);
  return bytes;
}

/** What an attacker could send to the supervisor. */
const DESCRIBED = JSON.stringify({
  type: "loaded",
  app: {
    services: [{ key: "a", name: "taken over", listen: "a", protocol: "text", workers: 1 }],
    reloadTimeout: 1,
    stopTimeout: 1,
    handoff: "inherit",
    daemon: false,
    logFile: "",
  },
});

/** Texts that are not messages, or messages of another sender. */
const MALFORMED = [
  "null",
  "[]",
  "7",
  '""',
  "{",
  "{}",
  '{"type":null}',
  '{"type":["command"]}',
  '{"type":"__proto__"}',
  '{"type":"constructor"}',
  '{"__proto__":{"type":"command","command":"stop"}}',
  '{"type":"command"}',
  '{"type":"command","command":"toString"}',
  '{"type":"command","command":{"command":"stop"}}',
  '{"type":"command","command":"stop","now":"yes"}',
  '{"type":"hello","worker":0,"pid":1}',
  '{"type":"hello","worker":1,"pid":1}',
  '{"type":"ready","addresses":null}',
  '{"type":"report","request":1e999,"statistics":{}}',
  '{"type":"failed","reason":{}}',
  "[".repeat(100_000),
  DESCRIBED,
];

/** Invalid frames. */
const CUT = [
  new Uint8Array([0, 0, 0, 0, 0]),
  new Uint8Array([0xff, 0xff, 0xff, 0xff, 0]),
  new Uint8Array([0, 0, 0, 2, 9, 9]),
  new Uint8Array([0, 0, 0, 3, 0, 0xc3, 0x28]),
  frame("a channel's bytes", 1),
];

/** Sends bytes over the control socket; true if the supervisor ends the connection. */
async function refused(app: App, bytes: Uint8Array): Promise<boolean> {
  using connection = await Deno.connect({
    transport: "unix",
    path: `${app.folder}/run/control.sock`,
  });
  await connection.write(bytes);
  // It says once that it is there, and then each second for as long as the connection is open.
  const heard = new Uint8Array(4096);
  try {
    for (let reads = 0; reads < 3; reads++) {
      if (await connection.read(heard) === null) return true;
    }
    return false;
  } catch {
    return true;
  }
}

testInTurn("an invalid command only ends its connection", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  await app.rewrite(speaker(runtime, port, app.folder));
  await app.start();
  const before = await app.status();
  for (const bytes of [...CUT, ...MALFORMED.map((json) => frame(json))]) {
    assertEquals([await refused(app, bytes), bytes.length], [true, bytes.length]);
  }
  const after = await app.status();
  assertEquals(
    [after.pid, ...after.workers.map(({ pid, state }) => `${pid} ${state}`)],
    [before.pid, ...before.workers.map(({ pid }) => `${pid} ready`)],
  );
  assertEquals(after.services, before.services);
});

/**
 * A service whose worker sends its supervisor what it receives, like an attacker who controls it.
 * While a file `slow` exists, the app is loaded slowly.
 */
function speaker({ name }: Runtime, port: number, folder: string, more = ""): string {
  const library = `Deno.dlopen("libc.so.6", {
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" } }).symbols`;
  const say = name === "deno"
    ? `(bytes) => void ${library}.write(3, bytes, BigInt(bytes.length))`
    : "(bytes) => void writeSync(3, bytes)";
  return `
    import { existsSync, writeSync } from "node:fs";
    import process from "node:process";
    const say = ${say};
    while (existsSync("${folder}/slow")) await new Promise((done) => setTimeout(done, 20));
    export default { listen: "text://127.0.0.1:${port}", stopTimeout: 500, reloadTimeout: 500, ${more}
      onMessage(connection, line) {
        if (line !== "pid") say(new Uint8Array(JSON.parse(line)));
        connection.send(String(process.pid));
      } };`;
}

testOnEach(
  "a worker that sends what only another may send is disconnected and replaced",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, "");
    await app.rewrite(speaker(runtime, port, app.folder));
    await app.start("--allow=ffi");
    const { pid } = await app.status();
    const slow = `${app.folder}/slow`;
    for (const json of ["null", DESCRIBED]) {
      await Deno.writeTextFile(slow, "");
      // The app has just been loaded again.
      const reloading = app.ask("reload");
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      const worker = Number(await ask(connection, "pid"));
      await ask(connection, JSON.stringify([...frame(json)])).catch(() => {});
      await until(
        "a line about it",
        async () => (await app.log()).includes(`(process ${worker}) is disconnected`),
      );
      await Deno.remove(slow);
      const { ok, text } = await reloading;
      assertEquals([ok, text], [true, "reloaded"]);
      const status = await app.status();
      assertEquals([status.pid, status.services.length], [pid, 1]);
      assertEquals(status.services[0].protocol, "text");
      await until("another worker", async () => Number(await askOnce(port, "pid")) !== worker);
    }
  },
);

testOnEach(
  "with a worker of another user, a supervisor starts no worker as root",
  async (runtime) => {
    const port = freePort();
    await using of = await PublicApp.write(runtime, "");
    const { app } = of;
    await app.rewrite(speaker(runtime, port, app.folder, `runAs: { user: "${USER}" },`));
    await app.start("--allow=ffi");
    await Deno.writeTextFile(`${app.folder}/slow`, "");
    const reloading = app.ask("reload");
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const worker = Number(await ask(connection, "pid"));
    assertEquals(userOf(worker), UID);
    await ask(connection, JSON.stringify([...frame(DESCRIBED)])).catch(() => {});
    await until(
      "a line about it",
      async () => (await app.log()).includes(`(process ${worker}) is disconnected`),
    );
    await Deno.remove(`${app.folder}/slow`);
    const { ok, text } = await reloading;
    assertEquals([ok, text], [true, "reloaded"]);
    // An old worker may end between the status and the look at its user.
    const users = await until("the users of all workers", async () => {
      const workers = await app.workers();
      return workers.every(isAlive) && workers.map(userOf);
    });
    assertEquals(users, users.map(() => UID));
  },
  NOT_ROOT,
);

/** The user that a process runs as. */
function userOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]);
}

testInTurn("workers need no path to their supervisor", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "");
  await app.rewrite(speaker(runtime, port, app.folder));
  await app.start();
  const { pid } = await app.status();
  await Deno.remove(`${app.folder}/run/control.sock`);
  const worker = Number(await askOnce(port, "pid"));
  Deno.kill(worker, "SIGKILL");
  await until("another worker", async () => {
    return await askOnce(port, "pid").then((one) => Number(one) !== worker, () => false);
  });
  Deno.kill(pid, "SIGTERM");
  await until("the end of the supervisor", () => Promise.resolve(!isAlive(pid)));
});
