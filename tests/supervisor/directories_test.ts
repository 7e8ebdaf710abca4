import { assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { namesIn } from "../helpers/unix_sockets.ts";
import { App, askOnce, freePort } from "./app.ts";
import { runFixture } from "./bundle.ts";
import { run } from "./processes.ts";

/** Another user, and a group with other members, which every system has. */
const [NOBODY, DAEMONS] = [65534, 1];

const NOT_ROOT = Deno.uid() === 0 ? undefined : "it takes root";

/** A tree of folders and links, some of which belong to another user. */
class Tree implements AsyncDisposable {
  private constructor(readonly root: string) {}

  static async plant(): Promise<Tree> {
    return new Tree(await Deno.makeTempDir());
  }

  path(name: string): string {
    return `${this.root}/${name}`;
  }

  async folder(name: string, mode: number, uid = 0, gid = 0): Promise<void> {
    await Deno.mkdir(this.path(name));
    await Deno.chown(this.path(name), uid, gid);
    await Deno.chmod(this.path(name), mode);
  }

  async link(name: string, target: string, uid = 0): Promise<void> {
    await Deno.symlink(target, this.path(name));
    await run(["chown", "--no-dereference", String(uid), this.path(name)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

testOnEach("a path is trusted if no other user can redirect it", async (runtime) => {
  await using tree = await Tree.plant();
  const { root } = tree;
  await tree.folder("plain", 0o755);
  await tree.folder("plain/below", 0o700);
  await tree.folder("own_group", 0o775);
  await tree.folder("foreign_group", 0o775, 0, DAEMONS);
  await tree.folder("open", 0o777);
  await tree.folder("foreign", 0o755, NOBODY);
  await tree.folder("sticky", 0o1777);
  await tree.folder("sticky/mine", 0o755);
  await tree.folder("sticky/foreign", 0o755, NOBODY);
  await tree.link("link", "plain/below");
  await tree.link("upwards", "plain/../own_group");
  await tree.link("absolute", `${root}/plain`);
  await tree.link("loop", "loop");
  await tree.link("into_open", "open");
  await tree.link("foreign_link", "plain", NOBODY);
  await tree.link("sticky/link", "../plain");
  await tree.link("sticky/foreign_link", "../plain", NOBODY);
  const expected: [name: string, judgement: string][] = [
    ["plain/below", `${root}/plain/below`],
    ["plain/missing/x", "nothing"],
    ["own_group/x", "nothing"],
    ["foreign_group", `${root}/foreign_group`],
    ["foreign_group/x", `${root}/foreign_group can be changed by its group (mode 775)`],
    ["open/x", `${root}/open can be changed by every user (mode 777)`],
    ["foreign/x", `${root}/foreign belongs to user ${NOBODY}`],
    ["sticky/x", "nothing"],
    ["sticky/mine/x", "nothing"],
    ["sticky/foreign", `${root}/sticky/foreign belongs to user ${NOBODY}`],
    ["link", `${root}/plain/below`],
    ["upwards/x", "nothing"],
    ["absolute/below", `${root}/plain/below`],
    ["loop/x", `${root}/loop/x contains too many symbolic links`],
    ["into_open/x", `${root}/open can be changed by every user (mode 777)`],
    // Nobody else may change the folder that contains it.
    ["foreign_link/below", `${root}/plain/below`],
    ["sticky/link/below", `${root}/plain/below`],
    ["sticky/foreign_link/x", `${root}/sticky/foreign_link belongs to user ${NOBODY}`],
  ];
  const paths = expected.map(([name]) => tree.path(name));
  const judgements = await runFixture(runtime, "trusted_paths", ...paths) as string[];
  assertEquals(expected.map(([name], index) => [name, judgements[index]]), expected);
}, NOT_ROOT);

const ECHO = `export default { listen: "text://127.0.0.1:${freePort()}", stopTimeout: 1000,
  onMessage: (connection, line) => void connection.send(line) };`;

testInTurn("no command uses a runtime directory that others can replace", async (runtime) => {
  await using app = await App.write(runtime, ECHO);
  await Deno.mkdir(`${app.folder}/open/run`, { recursive: true });
  await Deno.chmod(`${app.folder}/open`, 0o777);
  await Deno.chmod(`${app.folder}/open/run`, 0o700);
  const path = `${app.folder}/open/run/control.sock`;
  const listener = Deno.listen({ transport: "unix", path });
  let heard = false;
  const accepted = listener.accept().then((connection) => {
    heard = true;
    connection.close();
  }, () => {});
  const commands = ["start", "stop", "reload", "restart", "upgrade", "status", "connections"];
  for (const command of commands) {
    const words = app.words(command).map((word) => word.replace("/run", "/open/run"));
    const { code, out, error } = await app.run(words);
    assertEquals([command, code, out], [command, 1, ""]);
    assertStringIncludes(error, `${app.folder}/open can be changed by every user (mode 777)`);
  }
  assertEquals(heard, false);
  listener.close();
  await accepted;
  assertEquals(await namesIn(`${app.folder}/open/run`), []);
});

testOnEach(
  "a runtime directory whose path is too long is refused and not created",
  async (runtime) => {
    await using app = await App.write(runtime, "export default { listen: 'text://127.0.0.1:0' };");
    const long = `${app.folder}/${"d".repeat(100)}`;
    const words = app.words("start", "--daemon").map((word) => {
      return word.startsWith("--runtime-dir=") ? `--runtime-dir=${long}` : word;
    });
    const { code, error } = await app.run(words);
    assertEquals(code, 1);
    assertStringIncludes(error, "longer than 94 bytes");
    assertEquals(await namesIn(app.folder), ["app.mjs"]);
  },
);

testInTurn("nothing is created where others can redirect a path", async (runtime) => {
  await using tree = await Tree.plant();
  await using app = await App.write(runtime, ECHO);
  await tree.folder("target", 0o755);
  await tree.folder("sticky", 0o1777);
  await tree.link("sticky/run", tree.path("target"), NOBODY);
  const words = app.words("start", "-d").map((word) =>
    word.startsWith("--runtime-dir") ? `--runtime-dir=${tree.path("sticky/run/app")}` : word
  );
  const { code, error } = await app.run(words);
  assertEquals(code, 1);
  assertStringIncludes(error, `sticky/run belongs to user ${NOBODY}`);
  assertEquals(await namesIn(tree.path("target")), []);
}, NOT_ROOT);

testInTurn("a log file is not written where others can redirect its path", async (runtime) => {
  await using tree = await Tree.plant();
  await using app = await App.write(runtime, ECHO);
  await Deno.writeTextFile(tree.path("target"), "precious");
  await tree.folder("open", 0o777);
  await tree.folder("foreign", 0o755, NOBODY);
  await tree.folder("foreign/below", 0o755);
  await tree.link("open/link", tree.path("target"), NOBODY);
  await tree.link("open/missing", tree.path("created"), NOBODY);
  await Deno.link(tree.path("target"), tree.path("open/hard"));
  await run(["mkfifo", tree.path("open/pipe")]);
  const reasons: [name: string, reason: string][] = [
    ["open/link", "others can write to its folder"],
    ["open/missing", "others can write to its folder"],
    ["open/hard", "others can write to its folder"],
    ["open/pipe", "others can write to its folder"],
    ["foreign/below/log", `foreign belongs to user ${NOBODY}`],
  ];
  for (const [name, reason] of reasons) {
    const { code, error } = await app.command("start", "-d", `--log-file=${tree.path(name)}`);
    assertEquals([name, code], [name, 1]);
    assertStringIncludes(error, reason);
  }
  assertEquals(await Deno.readTextFile(tree.path("target")), "precious");
  assertEquals(await namesIn(tree.path("foreign/below")), []);
  assertEquals(await namesIn(tree.root), ["foreign", "open", "target"]);
}, NOT_ROOT);

testInTurn("a log file is not written if it has been replaced by a link", async (runtime) => {
  await using tree = await Tree.plant();
  await using app = await App.write(runtime, ECHO);
  await tree.folder("open", 0o777);
  await Deno.writeTextFile(tree.path("target"), "precious");
  const log = tree.path("open/log");
  await app.start(`--log-file=${log}`);
  await Deno.rename(log, `${log}.1`);
  await tree.link("open/log", tree.path("target"), NOBODY);
  Deno.kill((await app.status()).pid, "SIGUSR1");
  await until("a complaint", async () => {
    return (await Deno.readTextFile(`${log}.1`)).includes("Cannot open the log file again");
  });
  assertEquals((await app.ask("reload")).ok, true);
  assertEquals(await Deno.readTextFile(tree.path("target")), "precious");
}, NOT_ROOT);

testInTurn("a log file may be a link that belongs to this user", async (runtime) => {
  await using app = await App.write(runtime, ECHO);
  await Deno.symlink("elsewhere.log", `${app.folder}/app.log`);
  await app.start(`--log-file=${app.folder}/app.log`);
  assertStringIncludes(await Deno.readTextFile(`${app.folder}/elsewhere.log`), "serving");
});

testInTurn(
  "a removed runtime directory is created again, and nothing stops",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(
      runtime,
      `export default { listen: "text://127.0.0.1:${port}", workers: 1,
      onMessage: (connection) => void connection.send(String(process.pid)) };`,
    );
    await app.start();
    const first = await askOnce(port, "x");
    await Deno.remove(`${app.folder}/run`, { recursive: true });
    Deno.kill(Number(first), "SIGKILL");
    await until("another worker", async () => {
      return await askOnce(port, "x").then((pid) => pid !== first, () => false);
    });
    await until("the control socket", async () => (await app.command("status")).code === 0);
    assertEquals((await app.ask("reload")).ok, true);
    assertEquals((await app.command("start", "--daemon")).code, 1);
    assertStringIncludes(await app.log(), "restored files");
    // The pid file alone is enough to prevent a second supervisor.
    await Deno.remove(`${app.folder}/run/goer.pid`);
    const names = () => namesIn(`${app.folder}/run`);
    await until("the pid file", async () => (await names()).includes("goer.pid"));
    // A link or a file that has replaced the socket is replaced.
    const socket = `${app.folder}/run/control.sock`;
    await Deno.remove(socket);
    await Deno.symlink("elsewhere", socket);
    await until("the control socket", async () => (await app.command("status")).code === 0);
    assertEquals((await Deno.lstat(socket)).isSymlink, false);
    assertEquals((await app.command("stop")).code, 0);
    assertEquals(await names(), ["goer.log"]);
  },
);
