import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Runtime, RUNTIMES, testOnEach } from "../helpers/runtimes.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { abstractPath, echoes, FullSocket, leaveSocket, namesIn } from "../helpers/unix_sockets.ts";
import { ROOT } from "../tools.ts";
import { conformance } from "./harness.ts";

const APP = "tests/conformance/socket_app.ts";

/** Starts an app that listens on `addresses` at given moments. */
function listenOn(
  runtime: Runtime,
  addresses: string[],
  start = 0,
): Promise<Served<string[]>> {
  return serve<string[]>(runtime, APP, { args: [String(start), ...addresses] });
}

conformance("a Unix socket whose queue is full is in use", async (app) => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/full.sock`;
  {
    using _full = await FullSocket.open(path);
    const { code, message } = await app.listen(`unix://${path}`);
    assertEquals(code, "GOER_ADDRESS_IN_USE", message);
    assert((await Deno.lstat(path)).isSocket);
  }
  await Deno.remove(folder, { recursive: true });
});

conformance("a datagram socket and a link at the path are in use", async (app) => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/datagrams`;
  const datagrams = Deno.listenDatagram({ transport: "unixpacket", path });
  await Deno.symlink("nowhere", `${folder}/link`);
  for (const name of ["datagrams", "link"]) {
    const { code, message } = await app.listen(`unix://${folder}/${name}`);
    assertEquals([name, code], [name, "GOER_ADDRESS_IN_USE"], message);
  }
  assertEquals(await namesIn(folder), ["datagrams", "link"]);
  datagrams.close();
  await Deno.remove(folder, { recursive: true });
});

testOnEach(
  "a Unix socket that another process has created meanwhile remains after a close",
  async (runtime) => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/app.sock`;
    await using first = await listenOn(runtime, [`unix://${path}`]);
    await Deno.remove(path);
    await using _second = await listenOn(runtime, [`unix://${path}`]);
    await first.stop();
    assert(await echoes(`unix://${path}`));
    await Deno.remove(folder, { recursive: true });
  },
);

testOnEach("a file that has replaced a Unix socket remains after a close", async (runtime) => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/app.sock`;
  await using app = await listenOn(runtime, [`unix://${path}`]);
  await Deno.remove(path);
  await Deno.writeTextFile(path, "precious");
  await app.stop();
  assertEquals(await Deno.readTextFile(path), "precious");
  await Deno.remove(folder, { recursive: true });
});

testOnEach("a Unix socket is removed at a close, and no other file remains", async (runtime) => {
  const folder = await Deno.makeTempDir();
  leaveSocket(`${folder}/stale.sock`);
  await using app = await listenOn(runtime, [
    `unix://${folder}/stale.sock`,
    `unix://${folder}/new.sock`,
  ]);
  assertEquals(app.ready, ["", ""]);
  assertEquals(await namesIn(folder), ["new.sock", "stale.sock"]);
  await app.stop();
  assertEquals(await namesIn(folder), []);
  await Deno.remove(folder);
});

Deno.test("exactly one of several runtimes can listen on a dead socket at the same time", async () => {
  const folder = await Deno.makeTempDir();
  const paths = Array.from({ length: 50 }, (_, index) => `${folder}/${index}`);
  for (const [index, path] of paths.entries()) if (index % 5 > 0) leaveSocket(path);
  const addresses = paths.map((path) => `unix://${path}`);
  const start = Date.now() + 2000;
  await using stack = new AsyncDisposableStack();
  const apps = await Promise.all(
    RUNTIMES.map(async (runtime) => stack.use(await listenOn(runtime, addresses, start))),
  );
  for (const [index, address] of addresses.entries()) {
    const codes = apps.map(({ ready }) => ready[index]).sort();
    const expected = ["", ...RUNTIMES.slice(1).map(() => "GOER_ADDRESS_IN_USE")];
    assertEquals([index, codes], [index, expected]);
    assert(await echoes(address));
  }
  await stack.disposeAsync();
  assertEquals(await namesIn(folder), []);
  await Deno.remove(folder);
});

testOnEach(
  "exactly one of two services of a process can listen on a dead socket",
  async (runtime) => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/app.sock`;
    leaveSocket(path);
    await using app = await listenOn(runtime, [`unix://${path}`, `unix://${path}`]);
    assertEquals(app.ready.toSorted(), ["", "GOER_ADDRESS_IN_USE"]);
    assert(await echoes(`unix://${path}`));
    await app.stop();
    await Deno.remove(folder);
  },
);

conformance("a missing or invalid folder is an error that names it", async (app) => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/file`, "");
  for (const missing of [`${folder}/nowhere`, `${folder}/file`]) {
    const { code, message = "" } = await app.listen(`unix://${missing}/app.sock`);
    assertEquals(code, "GOER_LISTEN_FAILED", message);
    assertStringIncludes(message, `the folder ${missing} does not exist`);
  }
  await Deno.remove(folder, { recursive: true });
});

testOnEach("a name that begins with @ is an abstract Linux socket, not a file", async (runtime) => {
  const name = `@goer-${crypto.randomUUID()}`;
  await using app = await listenOn(runtime, [`unix://${name}`, `unix://${name}`]);
  assertEquals(app.ready.toSorted(), ["", "GOER_ADDRESS_IN_USE"]);
  assertEquals(await Deno.lstat(ROOT + name).catch(() => "no file"), "no file");
  assert(await echoes(`unix://${await abstractPath(name)}`));
});
