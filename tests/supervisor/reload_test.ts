import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { App, ask, askOnce, freePort } from "./app.ts";
import { descriptorCapabilities } from "./bundle.ts";

/** The upgrade is the third of four changes. */
const RELOADS = 3;
const UPGRADES = 1;
const CLIENTS = 2;

/**
 * An app that responds with `answer` and its input, to lines and datagrams; with `more` options.
 */
function echo(port: number, answer = "", more = ""): string {
  return `
    const options = { workers: 2, reloadTimeout: 60_000, stopTimeout: 2000, ${more} };
    const onMessage = (connection, line) => { connection.send(${JSON.stringify(answer)} + line) };
    export default [
      { listen: "text://127.0.0.1:${port}", ...options, onMessage },
      { listen: "text+udp://127.0.0.1:${port}", ...options, onMessage },
    ];`;
}

/** The results of clients. */
interface Tally {
  answered: number;
  failed: string[];
}

/** Repeats `work` until `stopped`, and counts. */
async function repeat(tally: Tally, stopped: () => boolean, work: () => Promise<void>) {
  while (!stopped()) {
    try {
      await work();
      tally.answered++;
    } catch (error) {
      tally.failed.push(String(error));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

testOnEach("no request and no datagram is lost during reloads and upgrades", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, echo(port));
  await app.start();
  let stop = false;
  const fresh: Tally = { answered: 0, failed: [] };
  const kept: Tally = { answered: 0, failed: [] };
  const clients = Array.from({ length: CLIENTS }, (_, index) => [
    repeat(
      fresh,
      () => stop,
      async () => assertEquals(await askOnce(port, `${index}`), `${index}`),
    ),
    keepAlive(port, kept, () => stop),
  ]).flat();
  const datagrams = sendDatagrams(port, () => stop);
  const { pid } = await app.status();
  try {
    for (let round = 0; round < RELOADS + UPGRADES; round++) {
      if (round === 2) {
        const { code, error } = await app.command("upgrade");
        assertEquals([code, error], [0, ""]);
      } else {
        const { ok, text } = await app.ask("reload");
        assertEquals([round, ok, text], [round, true, "reloaded"]);
      }
    }
  } finally {
    stop = true;
    await Promise.allSettled(clients);
  }
  await Promise.all(clients);
  const { sent, answered } = await datagrams;
  const status = await app.status();
  assertEquals([fresh.failed, kept.failed], [[], []]);
  assertEquals(answered, sent);
  assert(fresh.answered > 100 && kept.answered > 100 && sent > 100);
  assertEquals([status.reloads, status.upgrades], [RELOADS + UPGRADES, UPGRADES]);
  const { reaps } = await descriptorCapabilities(runtime);
  if (reaps) assertEquals(status.pid, pid);
});

/**
 * Uses one connection for many lines. When its worker leaves, the connection ends between lines.
 */
async function keepAlive(port: number, tally: Tally, stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    for (let line = 0; line < 20 && !stopped(); line++) {
      await repeatOnce(
        tally,
        async () => assertEquals(await ask(connection, `${line}`), `${line}`),
      );
    }
  }
}

async function repeatOnce(tally: Tally, work: () => Promise<void>): Promise<void> {
  let done = false;
  await repeat(tally, () => done, async () => {
    done = true;
    await work();
  });
}

async function sendDatagrams(port: number, stopped: () => boolean) {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const peer: Deno.NetAddr = { transport: "udp", hostname: "127.0.0.1", port };
  let sent = 0;
  let answered = 0;
  const receiving = (async () => {
    for await (const _ of socket) answered++;
  })();
  while (!stopped()) {
    await socket.send(new TextEncoder().encode(`${sent++}\n`), peer);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  for (let wait = 0; wait < 50 && answered < sent; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  socket.close();
  await receiving;
  return { sent, answered };
}

testInTurn("a reload", async (runtime, t) => {
  const port = freePort();
  // Busy old workers accept connections until then.
  const slow = "onReload: () => new Promise((done) => setTimeout(done, 300))";
  await using app = await App.write(runtime, echo(port, "old ", slow));
  await app.start();
  await t.step("leaves open connections with the old code", async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    assertEquals(await ask(connection, "1"), "old 1");
    await app.rewrite(echo(port, "new ", slow));
    assertEquals((await app.command("reload")).code, 0);
    assertEquals(await ask(connection, "2"), "old 2");
  });
  await t.step("serves every new connection with the new code when it is done", async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => askOnce(port, `${index}`)),
    );
    assertEquals(answers, answers.map((_, index) => `new ${index}`));
  });
  await t.step("is cancelled, with a reason, if the new code cannot be loaded", async () => {
    await until("the old workers are gone", async () => (await app.workers()).length === 2);
    const before = await app.workers();
    await app.rewrite("throw new Error('not today')");
    const { code, error } = await app.command("reload");
    assertEquals(code, 1);
    assertStringIncludes(error, "not today");
    assertEquals(await askOnce(port, "still"), "new still");
    assertEquals(await app.workers(), before);
  });
});

testInTurn("a finished reload reports its outcome, whatever happens next", async (runtime) => {
  const port = freePort();
  const hang = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);";
  await using app = await App.write(
    runtime,
    `export default { listen: "text://127.0.0.1:${port}", onMessage: () => { ${hang} } };`,
  );
  await app.start();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("hang\n"));
  // The outcome waits for the old worker, which is unaware of it. Then both are killed.
  await using reload = app.spawn("reload");
  await until("the reload", async () => (await app.status()).reloads === 1);
  assertEquals((await app.ask("stop", true)).ok, true);
  assertEquals(await reload.ended(), 0);
});

testInTurn("an app keeps running", async (runtime, t) => {
  const port = freePort();
  await using app = await App.write(runtime, echo(port));
  await app.start();
  await t.step("when a second start is refused", async () => {
    const { code, error, out } = await app.command("start", "--daemon");
    assertEquals(code, 1);
    assertStringIncludes(out + error + await app.log(), "already running");
    assertEquals(await askOnce(port, "x"), "x");
  });
  await t.step("with a new worker when one is killed", async () => {
    const [killed] = await app.workers();
    Deno.kill(killed, "SIGKILL");
    await until("two workers are ready", async () => {
      const { workers } = await app.status();
      return workers.filter(({ pid, state }) => state === "ready" && pid !== killed).length === 2;
    });
    assertEquals(await askOnce(port, "x"), "x");
    assertStringIncludes(await app.log(), "SIGKILL");
  });
  await t.step("when it is started immediately after its supervisor was killed", async () => {
    const { pid } = await app.status();
    Deno.kill(pid, "SIGKILL");
    await app.start();
    assertNotEquals((await app.status()).pid, pid);
    assertEquals(await askOnce(port, "x"), "x");
  });
});

testInTurn("a second app on an address is refused", async (runtime, t) => {
  const kinds = [["text", "rebind"], ["text+udp", "rebind"], ["text+udp", "inherit"]];
  const taken = kinds.map(() => freePort());
  const service = ([scheme, handoff]: string[], port: number) =>
    `{ listen: "${scheme}://127.0.0.1:${port}", handoff: "${handoff}", workers: 2,
       onMessage: (connection, line) => void connection.send(line) }`;
  await using first = await App.write(
    runtime,
    `export default [${kinds.map((kind, index) => service(kind, taken[index]))}];`,
  );
  await first.start();
  for (const [index, kind] of kinds.entries()) {
    await t.step(`${kind.join(", ")}: at its start and at a reload`, async () => {
      const source = (port: number) => `export default ${service(kind, port)};`;
      await using second = await App.write(runtime, source(taken[index]));
      const started = await second.command("start", "--daemon");
      assertEquals(started.code, 1);
      assertStringIncludes(started.error, `127.0.0.1:${taken[index]}`);
      await second.rewrite(source(freePort()));
      await second.start();
      await second.rewrite(source(taken[index]));
      assertEquals((await second.ask("reload")).ok, false);
    });
  }
  await t.step("but the workers of one app share it", async () => {
    assertEquals((await first.ask("reload")).ok, true);
  });
});

testInTurn(
  "a port in use or an app without a service makes the start fail with a reason",
  async (runtime) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    await using app = await App.write(runtime, echo(port));
    const busy = await app.command("start", "--daemon");
    assertEquals(busy.code, 1);
    assertStringIncludes(busy.error, "another process serves");
    await app.rewrite("export const nothing = 0;");
    const empty = await app.command("start", "--daemon");
    assertEquals(empty.code, 1);
    assertStringIncludes(empty.error, "Cannot find a service");
    assertEquals((await app.command("status")).code, 3);
  },
);
