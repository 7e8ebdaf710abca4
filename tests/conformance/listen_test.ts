import { assert, assertEquals } from "@std/assert";
import { testOnEach } from "../helpers/runtimes.ts";
import { Socket } from "../helpers/socket.ts";
import { ROOT } from "../tools.ts";
import { App, conformance } from "./harness.ts";
import { withListeningSocket, withoutPrivilegedPorts } from "./processes.ts";

conformance("port 0 reports the real port", async (app) => {
  for (const host of ["127.0.0.1", "[::1]", "localhost", ""]) {
    const { addresses, message } = await app.listen(`tcp://${host}:0`);
    assert(/:[1-9]\d*$/.test(addresses?.[0] ?? ""), `${host}: ${addresses} ${message}`);
  }
});

conformance("IPv6 is served", async (app) => {
  using socket = await app.connect("ipv6");
  assert(app.address("ipv6").startsWith("tcp://[::1]:"));
  await socket.send("six");
  assertEquals(await socket.text(3), "six");
});

conformance("Unix sockets are served", async (app) => {
  using raw = await app.connect("unix");
  await raw.send("raw");
  assertEquals(await raw.text(3), "raw");
  using text = await app.connect("unixText");
  await text.send("line\n");
  assertEquals(await text.line(), "line");
});

conformance("an invalid address is an error that quotes it", async (app) => {
  const addresses = [
    "",
    "127.0.0.1",
    "tcp://",
    "tcp://127.0.0.1",
    "tcp://127.0.0.1:99999",
    "tcp://127.0.0.1:-1",
    "tcp://127.0.0.1:http",
    "gopher://127.0.0.1:70",
    "unix://",
    "tcp://[::1:80",
  ];
  for (const address of addresses) {
    const { name, code, message } = await app.listen(address);
    assertEquals([address, name, code], [address, "GoerError", "GOER_INVALID_ARGUMENT"]);
    assert(message?.includes(address), message);
  }
});

conformance("an option out of range is an error that names it", async (app) => {
  const options = {
    maxPacketSize: 0,
    maxSendBufferSize: -1,
    maxConnections: 1.5,
    idleTimeout: -1,
    backlog: "many",
    maxConcurrentHandlers: -1,
  };
  for (const [name, value] of Object.entries(options)) {
    const error = await app.listen("tcp://127.0.0.1:0", { [name]: value });
    assertEquals([name, error.name, error.code], [name, "GoerError", "GOER_INVALID_ARGUMENT"]);
    assert(error.message?.includes(name) && error.message.includes(String(value)), error.message);
  }
});

conformance("an unknown option is an error that names it", async (app) => {
  for (const name of ["onMesage", "pingInterval", "toString"]) {
    const { code, message } = await app.listen("ws://127.0.0.1:0", { [name]: 1 });
    assertEquals([name, code], [name, "GOER_INVALID_ARGUMENT"]);
    assert(message?.includes(`"${name}"`), message);
  }
});

conformance("a port in use is an error that names the address", async (app) => {
  const { port } = new URL(app.address("raw").replace("tcp:", "http:"));
  const { code, message } = await app.listen(`tcp://127.0.0.1:${port}`);
  assertEquals(code, "GOER_ADDRESS_IN_USE");
  assert(message?.includes(`127.0.0.1:${port}`), message);
});

conformance("an address of another machine is an error that names it", async (app) => {
  const { code, message } = await app.listen("tcp://192.0.2.1:8080");
  assertEquals(code, "GOER_LISTEN_FAILED");
  assert(message?.includes("192.0.2.1"), message);
});

conformance("a Unix socket in use is not taken over", async (app) => {
  const path = app.address("unix").slice("unix://".length);
  const { code, message } = await app.listen(`unix://${path}`);
  assertEquals(code, "GOER_ADDRESS_IN_USE");
  assert(message?.includes(path), message);
  using socket = await app.connect("unix");
  await socket.send("still here");
  assertEquals(await socket.text(10), "still here");
});

conformance("a file that is not a socket is not replaced", async (app) => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "precious");
  const { code, message } = await app.listen(`unix://${path}`);
  assertEquals(code, "GOER_ADDRESS_IN_USE");
  assert(message?.includes(path), message);
  assertEquals(await Deno.readTextFile(path), "precious");
  await Deno.remove(path);
});

conformance("a stale Unix socket is replaced, and removed at the end", async (app) => {
  const path = `${await Deno.makeTempDir()}/stale.sock`;
  // A process that is killed leaves its socket behind.
  const listener = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `Deno.listen({ transport: "unix", path: "${path}" }); Deno.kill(Deno.pid, "SIGKILL");`,
    ],
  });
  await listener.output();
  assert((await Deno.stat(path)).isSocket);
  const { addresses, message } = await app.listen(`unix://${path}`);
  assertEquals(addresses, [`unix://${path}`], message);
  assertEquals(await Deno.stat(path).catch(() => "gone"), "gone");
  await Deno.remove(path.slice(0, path.lastIndexOf("/")));
});

conformance("a missing folder is an error that names the path", async (app) => {
  const { code, message } = await app.listen("unix:///nowhere/at/all.sock");
  assertEquals(code, "GOER_LISTEN_FAILED");
  assert(message?.includes("/nowhere/at/all.sock"), message);
});

testOnEach("an inherited listening socket is served, and its port is reported", async (runtime) => {
  await using app = await App.start(runtime, { args: ["3"], prefix: await withListeningSocket() });
  using socket = await app.connect("fd");
  await socket.send("inherited");
  assertEquals(await socket.text(9), "inherited");
});

const unprivileged = await withoutPrivilegedPorts();

testOnEach("a privileged port is an error that explains it", async (runtime) => {
  await using app = await App.start(runtime, { prefix: unprivileged });
  const { code, message } = await app.listen("tcp://127.0.0.1:81");
  assertEquals(code, "GOER_PERMISSION_DENIED");
  assert(message?.includes("127.0.0.1:81"), message);
}, unprivileged === undefined ? "every port may be opened here" : undefined);

Deno.test("a missing permission of Deno is an error that names it", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", `--config=${ROOT}deno.json`, "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Blob([`
    import { Goer } from "${new URL("../../mod.ts", import.meta.url)}";
    try {
      await new Goer("tcp://127.0.0.1:8080").listen();
    } catch (error) {
      console.log(error.code, error.message);
    }
  `]).stream().pipeTo(child.stdin);
  const { stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout);
  const why = new TextDecoder().decode(stderr);
  assert(/^GOER_PERMISSION_DENIED .*127\.0\.0\.1:8080.*net/.test(said), said + why);
});

conformance("many connections wait in the backlog until they are accepted", async (app) => {
  const address = app.address("text");
  const sockets = await Promise.all(Array.from({ length: 500 }, () => Socket.connect(address)));
  await app.holds("text", 500);
  for (const socket of sockets) socket.close();
  await app.holds("text", 0);
});
