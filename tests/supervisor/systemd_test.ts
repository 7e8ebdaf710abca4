import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { ROOT, which } from "../tools.ts";
import { activated, NO_PYTHON, python } from "./activation.ts";
import { App, askOnce, freePort } from "./app.ts";
import { run, Running } from "./processes.ts";

/** The monotonic clock of the system, in µs. */
async function monotonic(): Promise<number> {
  const program = "import time; print(time.monotonic_ns() // 1000)";
  return Number((await run([python!, "-c", program])).out);
}

/** Prints each datagram that comes to a Unix socket on a line of its own. */
const NOTIFIED = `
import socket, sys
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print("|".join(one.recv(4096).decode().split("\\n")), flush=True)
`;

function two(first: number, second: number): string {
  const service = (name: string, port: number) =>
    `{ name: "${name}", listen: "text://127.0.0.1:${port}", workers: 2, stopTimeout: 1000,
       onMessage: (connection) => { connection.send("${name} " + process.pid) } }`;
  return `import process from "node:process";
    export default [${service("first", first)}, ${service("second", second)}];`;
}

testOnEach(
  "sockets from systemd are used by name, and kept by reload, upgrade and restart",
  async (runtime) => {
    // The app names other ports: only sockets that were inherited can answer at these.
    const [a, b] = [freePort(), freePort()];
    await using app = await App.write(runtime, two(freePort(), freePort()));
    const words = app.words("start");
    await using started = activated(words, "second:first", `${b},${a}`);
    await started.printed("supervisor: serving");
    const answers = async () => [await askOnce(a, "x"), await askOnce(b, "x")];
    const before = await answers();
    assertEquals(before.map((answer) => answer.split(" ")[0]), ["first", "second"]);
    assertStringIncludes(started.output, `serving first on text://127.0.0.1:${a}`);
    for (const command of ["reload", "upgrade", "restart"]) {
      if (command === "reload") assertEquals((await app.ask("reload")).ok, true);
      else assertEquals((await app.command(command)).code, 0);
      const after = await answers();
      assertEquals(after.map((answer) => answer.split(" ")[0]), ["first", "second"]);
      assert(after.every((answer) => !before.includes(answer)));
    }
    await app.stop();
    assertEquals(await started.ended(), 0);
  },
  NO_PYTHON,
);

testInTurn("sockets that are meant for another process are ignored", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, two(port, freePort()));
  app.options.environment = { LISTEN_PID: "1", LISTEN_FDS: "1", LISTEN_FDNAMES: "first" };
  await app.start();
  assertStringIncludes(await askOnce(port, "x"), "first");
});

testInTurn("a service manager receives the state of the app", async (runtime) => {
  await using app = await App.write(runtime, two(freePort(), freePort()));
  const path = `${app.folder}/notify`;
  await using manager = new Running([python!, "-c", NOTIFIED, path]);
  await manager.printed("listening");
  // Runtimes without datagrams on Unix sockets have systemd's own command say it, in its own order.
  const readies = (pid: number) =>
    manager.output.split("\n").map((line) => line.split("|")).filter((assignments) =>
      ["READY=1", `MAINPID=${pid}`, "STATUS=serving"].every((one) => assignments.includes(one))
    ).length;
  app.options.environment = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "400000" };
  const start = await monotonic();
  await app.start();
  const { pid } = await app.status();
  await until("READY", () => Promise.resolve(readies(pid) === 1));
  await manager.printed("WATCHDOG=1");
  assertEquals((await app.ask("reload")).ok, true);
  await manager.printed("RELOADING=1|MONOTONIC_USEC=");
  await until("the second READY", () => Promise.resolve(readies(pid) === 2));
  assertEquals((await app.command("upgrade")).code, 0);
  const after = await app.status();
  await until(
    "the third READY",
    () => Promise.resolve(readies(after.pid) > (after.pid === pid ? 2 : 0)),
  );
  const beats = () => manager.output.split("WATCHDOG=1").length;
  const before = beats();
  await until("a beat of the new image", () => Promise.resolve(beats() > before));
  await app.stop();
  await manager.printed("STOPPING=1|STATUS=stopping");
  const times = [...manager.output.matchAll(/MONOTONIC_USEC=(\d+)/g)].map(([, time]) =>
    Number(time)
  );
  const end = await monotonic();
  // systemd compares these times with its own, so they must come from the clock of the system.
  assert(times.every((time) => start <= time && time <= end), `${times} in ${start} to ${end}`);
}, NO_PYTHON);

/** The exposure that systemd finds in a unit, times ten: 100 has no protection at all. */
const EXPOSURE = 35;

const ANALYZE = await which("systemd-analyze");

Deno.test({
  name: `the unit of the docs leaves the service few rights${
    ANALYZE === undefined ? " (skipped: there is no systemd-analyze)" : ""
  }`,
  ignore: ANALYZE === undefined,
  fn: async () => {
    const unit = `${ROOT}docs/goer.service`;
    const words = ["security", "--offline=true", "--no-pager", `--threshold=${EXPOSURE}`, unit];
    const { code, out, error } = await run([ANALYZE!, ...words]);
    assertEquals([code, error], [0, ""], out);
  },
});
