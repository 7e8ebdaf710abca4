import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { abstractPath, echoes, FullSocket, leaveSocket, namesIn } from "../helpers/unix_sockets.ts";
import { ROOT } from "../tools.ts";
import { App, freePort } from "./app.ts";
import { activated, NO_PYTHON } from "./activation.ts";

/** An app that echoes lines on each of these addresses. */
function echo(...addresses: string[]): string {
  const services = addresses.map((address) =>
    `{ listen: "${address}", stopTimeout: 1000,
       onMessage: (connection, line) => void connection.send(line) }`
  );
  return `export default [${services.join()}];`;
}

/** The unexpected files in the folder of an app. */
async function others(app: App): Promise<string[]> {
  return (await namesIn(app.folder)).filter((name) => !["app.mjs", "run"].includes(name));
}

testInTurn("a start does not remove what is at the path of a Unix socket", async (runtime) => {
  await using app = await App.write(runtime, "");
  const path = `${app.folder}/app.sock`;
  await app.rewrite(echo(`text+unix://${path}`));
  await Deno.writeTextFile(path, "precious");
  const file = await app.command("start", "-d");
  assertEquals(file.code, 1);
  assertStringIncludes(file.error, `${path}: the path is a file that is not a socket`);
  assertEquals(await Deno.readTextFile(path), "precious");
  await Deno.remove(path);
  using _full = await FullSocket.open(path);
  const full = await app.command("start", "-d");
  assertEquals(full.code, 1);
  assertStringIncludes(full.error, `another process serves text+unix://${path}`);
  assert((await Deno.lstat(path)).isSocket);
  await app.rewrite(echo(`text+unix://${app.folder}/nowhere/app.sock`));
  const missing = await app.command("start", "-d");
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.error, `the folder ${app.folder}/nowhere does not exist`);
  assertEquals(await others(app), ["app.sock"]);
});

testOnEach(
  "Unix sockets are removed with their services, even after an upgrade",
  async (runtime) => {
    await using app = await App.write(runtime, "");
    const path = (name: string) => `${app.folder}/${name}.sock`;
    const addresses = ["first", "second", "third"].map((name) => `text+unix://${path(name)}`);
    await app.rewrite(echo(...addresses));
    leaveSocket(path("second"));
    await app.start();
    assertEquals((await app.command("upgrade")).code, 0);
    await Deno.remove(path("third"));
    await Deno.writeTextFile(path("third"), "another's");
    await app.rewrite(echo(addresses[1]));
    assertEquals((await app.ask("reload")).ok, true);
    assertEquals(await others(app), ["second.sock", "third.sock"]);
    assert(await echoes(addresses[1]));
    await app.stop();
    assertEquals(await others(app), ["third.sock"]);
  },
);

testInTurn(
  "a Unix socket that another process has created meanwhile remains after a stop",
  async (runtime) => {
    await using app = await App.write(runtime, "");
    const path = `${app.folder}/app.sock`;
    await app.rewrite(echo(`text+unix://${path}`));
    await app.start();
    await Deno.remove(path);
    using _other = Deno.listen({ transport: "unix", path });
    const { ino } = await Deno.lstat(path);
    await app.stop();
    assertEquals((await Deno.lstat(path)).ino, ino);
    assertEquals(await others(app), ["app.sock"]);
  },
);

testInTurn("a Unix socket of a service manager remains after a stop", async (runtime) => {
  await using app = await App.write(runtime, "");
  const path = `${app.folder}/app.sock`;
  await app.rewrite(echo(`text+unix://${path}`));
  await using started = activated(app.words("start"), "app", path);
  await started.printed("supervisor: serving");
  assert(await echoes(`unix://${path}`));
  assertEquals((await app.command("upgrade")).code, 0);
  await app.stop();
  assertEquals(await started.ended(), 0);
  assert((await Deno.lstat(path)).isSocket);
}, NO_PYTHON);

testInTurn(
  "a Unix socket is in use while its workers start",
  async (runtime) => {
    await using first = await App.write(runtime, "");
    await using second = await App.write(runtime, "");
    const path = `${first.folder}/app.sock`;
    await first.rewrite(`import { existsSync } from "node:fs";
    export default { listen: "text+unix://${path}", stopTimeout: 1000,
      async onWorkerStart() {
        while (!existsSync("${first.folder}/gate")) await new Promise((done) => setTimeout(done, 10));
      },
      onMessage: (connection, line) => void connection.send(line) };`);
    await second.rewrite(echo(`text+unix://${path}`));
    await using started = first.spawn("start");
    await until("the socket", () => Deno.lstat(path).then(() => true, () => false));
    const { code, error } = await second.command("start", "-d");
    assertEquals(code, 1);
    assertStringIncludes(error, `another process serves text+unix://${path}`);
    // Clients that connect meanwhile are served later.
    const echoed = echoes(`unix://${path}`);
    await Deno.writeTextFile(`${first.folder}/gate`, "");
    await started.printed("supervisor: serving");
    assert(await echoed);
  },
);

testOnEach(
  "with a supervisor, a name that begins with @ is an abstract Linux socket, not a file",
  async (runtime) => {
    const name = `@goer-${freePort()}-${crypto.randomUUID()}`;
    await using app = await App.write(runtime, echo(`text+unix://${name}`));
    await app.start();
    assert(await echoes(`unix://${await abstractPath(name)}`));
    assertEquals((await app.command("upgrade")).code, 0);
    assert(await echoes(`unix://${await abstractPath(name)}`));
    assertEquals((await app.status()).services[0].address, `text+unix://${name}`);
    for (const folder of [ROOT, `${app.folder}/`]) {
      assertEquals(await Deno.lstat(folder + name).catch(() => "no file"), "no file");
    }
  },
);
