/**
 * The installed package on every supported version of Node, and on Bun: the main functions of
 * services and the command. The whole conformance suite runs on the Node on PATH and on Bun.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Printed, run as attempt } from "../cli/goer.ts";
import { inTurn } from "../helpers/runtimes.ts";
import { stopNow } from "../helpers/supervisor_request.ts";
import { inTime, until } from "../helpers/wait.ts";
import { freePort } from "../supervisor/app.ts";
import { findBun, installNode, VERSIONS, which } from "../tools.ts";
import { packed, Project, run } from "./project.ts";

/** A program that runs the package. */
interface Program {
  name: string;
  path: string | undefined;
  /** True if it can run TypeScript. */
  typescript: boolean;
}

const node = await which("node");

const PROGRAMS: Program[] = [
  { name: "the Node of PATH", path: node, typescript: false },
  ...await Promise.all(inTurn([VERSIONS.node22, VERSIONS.node24]).map(newerNode)),
  { name: "Bun", path: await findBun(), typescript: true },
];

async function newerNode(version: string): Promise<Program> {
  const path = await installNode(version).catch(() => undefined);
  return { name: `Node ${version}`, path, typescript: true };
}

/** Every transport, and every protocol with its own module. */
function services(port: number, answer: string): string {
  return `import { Goer } from "@goer/goer";
import { frame } from "@goer/goer/protocols/frame";
import { http } from "@goer/goer/protocols/http";
import { createWebSocket } from "@goer/goer/protocols/websocket";

const echo = (connection, message) => void connection.send(message);
const chat = createWebSocket({ compression: true });

export default [
  {
    listen: "text://127.0.0.1:${port}",
    workers: 2,
    onMessage: (connection, line) => void connection.send(${JSON.stringify(answer)} + line),
  },
  { listen: "udp://127.0.0.1:${port}", onMessage: echo },
  new Goer("unix://" + import.meta.dirname + "/frame.sock", { protocol: frame, onMessage: echo }),
  new Goer("tcp://127.0.0.1:${port + 1}", {
    protocol: http,
    async onMessage(connection, request) {
      if (request.path !== "/chat") return void connection.send(new Response(request.path));
      await chat.upgrade(connection, request, { onMessage: echo });
    },
  }),
];
`;
}

/** The installed command, in a new project. */
class Installed {
  constructor(readonly project: Project, readonly program: string) {}

  /** Runs `goer` with these words. */
  async goer(command: string, app: string, ...options: string[]): Promise<Printed> {
    const script = `${this.project.folder}/node_modules/@goer/goer/goer.js`;
    const words = [command, app, `--runtime-dir=${this.project.folder}/run`, ...options];
    return await attempt([this.program, script, ...words], { cwd: this.project.folder });
  }
}

/** Registers one test for each program. */
function testOnPrograms(
  name: string,
  body: (installed: Installed, program: Program) => Promise<void>,
): void {
  for (const program of PROGRAMS) {
    const missing = program.path === undefined;
    Deno.test({
      name: `${program.name}: ${name}${missing ? " (skipped: it is not here)" : ""}`,
      ignore: missing,
      async fn() {
        await using project = await Project.installed(packed);
        const installed = new Installed(project, program.path!);
        try {
          await body(installed, program);
        } finally {
          await stopNow(`${project.folder}/run`);
        }
      },
    });
  }
}

/** Sends bytes over a new connection, and returns the first reply. */
async function exchange(connection: Deno.Conn, text: string): Promise<string> {
  using open = connection;
  await open.write(new TextEncoder().encode(text));
  const buffer = new Uint8Array(1024);
  return new TextDecoder().decode(buffer.subarray(0, await open.read(buffer) ?? 0));
}

async function line(port: number, text: string): Promise<string> {
  return await exchange(await Deno.connect({ hostname: "127.0.0.1", port }), text);
}

async function datagram(port: number, text: string): Promise<string> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    const peer = { transport: "udp", hostname: "127.0.0.1", port } as const;
    await socket.send(new TextEncoder().encode(text), peer);
    const [bytes] = await inTime(socket.receive(), "The answer to a datagram");
    return new TextDecoder().decode(bytes);
  } finally {
    socket.close();
  }
}

async function chatMessage(port: number, text: string): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.onopen = () => socket.send(text);
  socket.onmessage = ({ data }) => resolve(data);
  socket.onerror = () => reject(new Error("the WebSocket failed"));
  const closed = new Promise((resolve) => socket.onclose = resolve);
  const answer = await promise;
  socket.close();
  await closed;
  return answer;
}

testOnPrograms("serves every transport and protocol, reloads, upgrades, stops", async (app) => {
  const port = freePort();
  await app.project.write("app.mjs", services(port, "old "));
  const started = await app.goer("start", "app.mjs", "--daemon");
  assertEquals([started.code, started.error], [0, ""]);
  assertEquals(await line(port, "line\n"), "old line\n");
  assertEquals(await datagram(port, "datagram"), "datagram");
  const frames = await Deno.connect({
    transport: "unix",
    path: `${app.project.folder}/frame.sock`,
  });
  assertEquals(await exchange(frames, "\0\0\0\x09frame"), "\0\0\0\x09frame");
  assertEquals(await (await fetch(`http://127.0.0.1:${port + 1}/page`)).text(), "/page");
  assertEquals(await chatMessage(port + 1, "chat"), "chat");

  await app.project.write("app.mjs", services(port, "new "));
  for (const command of ["reload", "upgrade"]) {
    const { code, error } = await app.goer(command, "app.mjs");
    assertEquals([command, code, error], [command, 0, ""]);
    assertEquals(await line(port, "line\n"), "new line\n");
    assertEquals(await datagram(port, "datagram"), "datagram");
  }
  assertEquals((await app.goer("stop", "app.mjs")).code, 0);
  assertEquals((await app.goer("status", "app.mjs")).code, 3);
});

testOnPrograms("runs a TypeScript app, or says what it needs", async (app, { typescript }) => {
  const source = `const answer: string = "typed ";
export default {
  listen: "text://127.0.0.1:${freePort()}",
  onMessage: (connection: { send(line: string): unknown }, line: string) =>
    void connection.send(answer + line),
};`;
  await app.project.write("app.ts", source);
  const { code, error } = await app.goer("start", "app.ts", "--daemon");
  if (typescript) {
    assertEquals([code, error], [0, ""]);
  } else {
    assertEquals(code, 1);
    assertStringIncludes(error, "does not run TypeScript. Use Deno, Bun, or Node 22.18 or later");
  }
});

testOnPrograms("resolves the imports of an app that has not installed it", async (app) => {
  const port = freePort();
  const folder = await Deno.makeTempDir({ prefix: "goer-elsewhere" });
  const path = `${folder}/app.mjs`;
  await Deno.writeTextFile(path, services(port, "answered "));
  try {
    const { code, error } = await app.goer("start", path, "--daemon");
    assertEquals([code, error], [0, ""]);
    assertEquals(await line(port, "line\n"), "answered line\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("npx @goer/goer start runs an app in the foreground until it is stopped", async () => {
  await using project = await Project.installed(packed);
  const port = freePort();
  await project.write("app.mjs", services(port, ""));
  const words = (
    command: string,
  ) => ["--offline", "@goer/goer", command, "app.mjs", `--runtime-dir=./run`];
  const started = run("npx", words("start"), project.folder);
  await until("an answer", async () => await line(port, "line\n").catch(() => "") === "line\n");
  assertStringIncludes(await run("npx", words("stop"), project.folder), "stopped");
  await started;
});
