import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { RUNTIMES, testOnEach } from "../helpers/runtimes.ts";
import { descriptorCapabilities, fixtureCommand, runFixture } from "./bundle.ts";
import { run } from "./processes.ts";

testOnEach("descriptors are opened and know their ports", async (runtime) => {
  assertEquals(await runFixture(runtime, "descriptors", "open"), { ports: true });
});

testOnEach("opening an address in use is refused with EADDRINUSE", async (runtime) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String((listener.addr as Deno.NetAddr).port);
  assertEquals(await runFixture(runtime, "descriptors", "in use", port), "EADDRINUSE");
});

testOnEach("a Unix socket can be opened, but not in a missing directory", async (runtime) => {
  const path = `${await Deno.makeTempDir()}/s`;
  assertNotEquals(await runFixture(runtime, "descriptors", "unix", path), "none");
  await Deno.remove(path.slice(0, -2));
});

testOnEach("a child inherits a descriptor, and its exit code is known", async (runtime) => {
  const expected = { pid: true, exit: { code: 3 }, socket: true };
  assertEquals(await runFixture(runtime, "descriptors", "inherit"), expected);
});

testOnEach(
  "a child that cannot be started is an error and no process gets a signal",
  async (runtime) => {
    const expected = { pid: 0, told: true, signalled: [false, false, false, false] };
    assertEquals(await runFixture(runtime, "spawning"), expected);
  },
);

testOnEach("a lack of descriptors for a child is reported as such", async (runtime) => {
  const words = await fixtureCommand(runtime, "exhausted_spawning");
  const { code, out, error } = await run(["prlimit", "--nofile=160", ...words]);
  assertEquals(code, 0, error);
  assertMatch(JSON.parse(out).error, /EMFILE|[Tt]oo many open files/);
});

testOnEach("the signal that ended a child is reported", async (runtime) => {
  assertEquals(await runFixture(runtime, "descriptors", "reap", "kill -9 $$"), {
    signal: "SIGKILL",
  });
});

for (const runtime of RUNTIMES) {
  const { execute } = await descriptorCapabilities(runtime);

  Deno.test({
    name: `${runtime.name}: a new image keeps the process id and the sockets, and reaps a child`,
    ignore: !execute,
    fn: async () =>
      assertEquals(await runFixture(runtime, "descriptors", "execute"), {
        samePid: true,
        open: true,
        closed: true,
        again: true,
      }),
  });
}
