import { assertEquals, assertRejects } from "@std/assert";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, askOnce, freePort } from "./app.ts";
import { openDescriptors } from "./open_descriptors.ts";
import { isAlive } from "./processes.ts";

/**
 * Two services with separate processes. A line to the first one starts a child that stays alive.
 */
function twoServices(port: number, other: number): string {
  return `
    import { spawn } from "node:child_process";
    const onMessage = (connection) => {
      const child = spawn("sleep", ["60"], { stdio: "ignore", detached: true });
      connection.send(String(child.pid));
    };
    export default [
      { listen: "text://127.0.0.1:${port}", workers: 2, stopTimeout: 1000, onMessage },
      { listen: "text://127.0.0.1:${other}", stopTimeout: 1000, onMessage() {} },
    ];`;
}

/** The listening sockets of a process, and other descriptors of the supervisor. */
function sharedWith(pid: number): string[] {
  return openDescriptors(pid).map(({ what }) => what)
    .filter((what) => /^listens on |^unix \//.test(what));
}

testOnEach(
  "a worker has only the sockets that it serves, and its children have none",
  async (runtime) => {
    const [port, other] = [freePort(), freePort()];
    await using app = await App.write(runtime, twoServices(port, other));
    await app.start("--allow=run");
    for (const round of ["started", "reloaded", "upgraded"]) {
      if (round === "reloaded") assertEquals((await app.ask("reload")).ok, true);
      if (round === "upgraded") assertEquals((await app.command("upgrade")).code, 0);
      const status = await app.status();
      const workers = status.workers.filter(({ state }) => state !== "draining");
      const sockets = new Set<string | undefined>();
      for (const { pid, services } of workers) {
        const served = Number(services[0].split(":").at(-1));
        // The socket that it inherits, and perhaps one of its own at the same address.
        assertEquals([...new Set(sharedWith(pid))], [`listens on ${served}`], round);
        const [socket] = openDescriptors(pid).filter(({ what }) => what === `listens on ${port}`);
        if (socket !== undefined) sockets.add(socket.inode);
      }
      assertEquals(sockets.size, 1);
      const child = Number(await askOnce(port, "start one"));
      try {
        // Node keeps descriptors after gaps in the numbers, from its own start.
        // What a program opens for itself as it starts is private; what it has inherited never is.
        const inherited = openDescriptors(child).filter(({ what, private: own }) =>
          !own && !/^pipe:/.test(what)
        );
        assertEquals(inherited, [], round);
      } finally {
        Deno.kill(child, "SIGKILL");
      }
    }
  },
);

testInTurn("a child of a worker keeps no address open after the stop", async (runtime) => {
  const [port, other] = [freePort(), freePort()];
  await using app = await App.write(runtime, twoServices(port, other));
  await app.start("--allow=run");
  const child = Number(await askOnce(port, "start one"));
  try {
    await app.stop();
    assertEquals(isAlive(child), true);
    await assertRejects(() => askOnce(port, "anybody there?"), Deno.errors.ConnectionRefused);
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  } finally {
    Deno.kill(child, "SIGKILL");
  }
});

testOnEach(
  "the control socket of a killed supervisor accepts no connection",
  async (runtime) => {
    const [port, other] = [freePort(), freePort()];
    await using app = await App.write(runtime, twoServices(port, other));
    await app.start("--allow=run");
    const child = Number(await askOnce(port, "start one"));
    const { pid, workers } = await app.status();
    try {
      Deno.kill(pid, "SIGKILL");
      await until("the end of the supervisor", () => Promise.resolve(!isAlive(pid)));
      await assertRejects(() => app.status());
      await until(
        "the end of the workers",
        () => Promise.resolve(workers.every((worker) => !isAlive(worker.pid))),
      );
    } finally {
      Deno.kill(child, "SIGKILL");
    }
  },
);
