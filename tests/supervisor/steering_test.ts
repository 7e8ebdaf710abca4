/** Workers with sockets of their own, to which the kernel sends new connections. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Descriptors,
  type OpenOptions,
  type OpenSocket,
  SystemError,
} from "../../src/runtime/descriptors.ts";
import { steeringProgram } from "../../src/runtime/shared/steering_program.ts";
import { layoutOf } from "../../src/supervisor/machine/layout.ts";
import { SocketTable } from "../../src/supervisor/sockets/socket_table.ts";
import { type Runtime, RUNTIMES, testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, askOnce, freePort } from "./app.ts";
import { descriptorCapabilities } from "./bundle.ts";
import { openDescriptors } from "./open_descriptors.ts";
import { APP } from "./samples.ts";

/** An app whose workers respond with their process id, or block for a while. */
function named(port: number, options: string, hostname = "127.0.0.1"): string {
  return `export default { listen: "text://${hostname}:${port}", ${options},
    onMessage(connection, line) {
      if (line === "block") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8000);
      connection.send(String(process.pid));
    } };`;
}

/** How many different sockets listen on the port, over all workers. */
async function listeningSockets(app: App, port: number): Promise<number> {
  const open = (await app.workers()).flatMap(openDescriptors);
  return new Set(open.filter(({ what }) => what === `listens on ${port}`).map(({ inode }) => inode))
    .size;
}

async function steers(runtime: Runtime): Promise<boolean> {
  return (await descriptorCapabilities(runtime)).steers;
}

/** Tests what only a runtime that steers does. On the others, such an app inherits like any other. */
function testSteering(name: string, body: (runtime: Runtime) => Promise<void>): void {
  const runtime = RUNTIMES.find(({ name }) => name === "deno")!;
  Deno.test(`deno: ${name}`, () => body(runtime));
}

testOnEach("a single worker has a socket of its own where that is faster", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, named(port, "workers: 1"));
  await app.start();
  const steered = await steers(runtime);
  assertEquals((await app.status()).handoff, steered ? "steer" : "inherit");
  assertEquals(await listeningSockets(app, port), steered ? 2 : 1);
  const [pid] = await app.workers();
  assertEquals(await askOnce(port, "x"), String(pid));
});

testInTurn(
  "several workers share one socket unless they are told to be steered",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, named(port, "workers: 2"));
    await app.start();
    assertEquals((await app.status()).handoff, "inherit");
    assertEquals(await listeningSockets(app, port), 1);
  },
);

testOnEach("steered connections are spread over all workers", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, named(port, 'workers: 4, handoff: "steer"'));
  await app.start();
  if (!await steers(runtime)) {
    assertStringIncludes(await app.log(), 'handoff: "steer" takes Deno on Linux');
    return;
  }
  const served = new Map<string, number>();
  for (let client = 0; client < 400; client++) {
    const pid = await askOnce(port, "x");
    served.set(pid, (served.get(pid) ?? 0) + 1);
  }
  assertEquals(served.size, 4);
  // 100 each are expected. By chance, less than 50 happens once in 10^9 runs.
  assert([...served.values()].every((count) => count >= 50), [...served.values()].join());
});

testSteering(
  "no client waits for a steered worker that hangs, once that is noticed",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, named(port, 'workers: 2, handoff: "steer"'));
    await app.start();
    const workers = (await app.workers()).map(String);
    const all = [askOnce(port, "block")];
    // Clients that were on their way to the hanging worker get their answers later.
    await until("answers of one worker alone, while the other one hangs", async () => {
      const clients = Array.from({ length: 12 }, () => askOnce(port, "x"));
      all.push(...clients);
      const answers = Promise.all(clients).then((answered) => new Set(answered).size === 1);
      return await Promise.race([
        answers,
        new Promise<false>((done) => setTimeout(done, 500, false)),
      ]);
    });
    const answered = await Promise.all(all);
    assert(answered.every((pid) => workers.includes(pid)));
  },
);

testSteering("no steered client is lost while workers are replaced", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, named(port, 'workers: 2, handoff: "steer"'));
  await app.start();
  let stopped = false;
  let served = 0;
  const clients = Array.from({ length: 6 }, async () => {
    for (; !stopped; served++) await askOnce(port, "x");
  });
  for (const command of ["reload", "reload", "upgrade", "reload"]) {
    const { code, error } = await app.command(command);
    assertEquals([command, code, error], [command, 0, ""]);
  }
  stopped = true;
  await Promise.all(clients);
  assert(served > 100);
});

testSteering("IPv6 and all interfaces are steered, too", async (runtime) => {
  for (const hostname of ["[::1]", "[::]", "0.0.0.0"]) {
    const port = freePort();
    await using app = await App.write(runtime, named(port, "workers: 1", hostname));
    await app.start();
    assertEquals(await listeningSockets(app, port), 2, hostname);
    using connection = await Deno.connect({
      hostname: hostname.includes(":") ? "::1" : "127.0.0.1",
      port,
    });
    await connection.write(new TextEncoder().encode("x\n"));
    assert(await connection.read(new Uint8Array(16)) !== null);
  }
});

testSteering(
  "a reload can change how many workers there are, and how they get sockets",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, named(port, "workers: 1"));
    await app.start();
    for (const options of ["workers: 3", 'workers: 1, handoff: "inherit"', "workers: 1"]) {
      await app.rewrite(named(port, options));
      const { ok, text } = await app.ask("reload");
      assertEquals([options, ok, text], [options, true, "reloaded"]);
      for (let client = 0; client < 12; client++) await askOnce(port, "x");
    }
  },
);

Deno.test("the program sends all connections to the first socket, or to the others by chance", () => {
  assertEquals([...steeringProgram(0).instructions], [6, 0, 0, 0, 0, 0, 0, 0]);
  assertEquals(Array.from(new Int32Array(steeringProgram(3).instructions.buffer)), [
    ...[0x20, -0x1000 + 56],
    ...[0x94, 3],
    ...[0x04, 1],
    ...[0x16, 0],
  ]);
  assertEquals([0, 3].map((others) => steeringProgram(others).header[0]), [1, 4]);
});

// A sandbox that refuses the program cannot be had in every test, so the system is replaced here.
Deno.test("where the system refuses to steer, workers inherit, and a warning says so", async () => {
  const opened: OpenOptions[] = [];
  const descriptors = {
    capabilities: { inherited: ["tcp"], lent: true, reaps: true, steers: true },
    open(_address: unknown, options: OpenOptions): OpenSocket {
      opened.push(options);
      if (options.steered) throw new SystemError("EPERM", "setsockopt");
      return { descriptor: 20, port: 8080 };
    },
  } as unknown as Descriptors;
  const table = new SocketTable(descriptors);
  const warnings: string[] = [];
  const layout = layoutOf(APP, 1);
  await table.openFor(layout, {
    patient: false,
    steer: "single",
    warn: (text) => void warnings.push(text),
  });
  assertEquals(opened.map(({ steered }) => steered), [true, false]);
  assertEquals([table.steered, warnings.length], [[], 1]);
  assertStringIncludes(warnings[0], "the system does not steer it (EPERM)");
  assertEquals(table.forWorker(layout.groups[0]).map(({ own }) => own), [false]);
});
