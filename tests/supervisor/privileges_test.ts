import { assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { RUNTIMES, testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { ROOT } from "../tools.ts";
import { App, askOnce, freePort } from "./app.ts";
import { AS_USER, GID, GROUP, NOT_ROOT, PublicApp, UID, USER } from "./public_app.ts";

/** A free port that only root may open. */
function rootPort(): number {
  for (let port = 1023; port > 512; port--) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error("all ports below 1024 are in use");
}

/** A service whose workers respond with, and log, their process ids. */
function whoami(port: number, options = ""): string {
  return `{ listen: "text://127.0.0.1:${port}", stopTimeout: 1000, ${options}
    onMessage(connection) {
      console.log("I am", process.pid);
      connection.send(String(process.pid));
    } }`;
}

function appOf(...services: string[]): string {
  return `import process from "node:process";
    export default [${services.join()}];`;
}

/** The user and the group of a process: real, effective, saved, of files; and its groups. */
async function identity(pid: string): Promise<Record<string, string>> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, "m").exec(status)![1].trim();
  return { user: field("Uid"), group: field("Gid"), groups: field("Groups") };
}

testOnEach(
  "workers run as their service's user, on a port that only root can open",
  async (runtime) => {
    const [privileged, other, own] = [rootPort(), freePort(), freePort()];
    const services = [
      whoami(privileged, `workers: 2, runAs: { user: "${USER}", group: "${GROUP}" },`),
      whoami(other, `runAs: { user: ${UID} },`),
      whoami(own),
    ];
    await using place = await PublicApp.write(runtime, appOf(...services));
    await place.app.start();
    const four = (id: number) => Array(4).fill(id).join("\t");
    for (const command of ["reload", "upgrade", "status"]) {
      const pid = await askOnce(privileged, "x");
      assertEquals(await identity(pid), { user: four(UID), group: four(GID), groups: "" });
      const { user } = await identity(await askOnce(other, "x"));
      assertEquals(user, four(UID));
      assertEquals((await identity(await askOnce(own, "x"))).user, four(0));
      const { code, error } = await place.app.command(command);
      assertEquals([command, code, error], [command, 0, ""]);
    }
  },
  NOT_ROOT,
);

testInTurn("workers of another user can log to a file that only root can open", async (runtime) => {
  const port = freePort();
  await using place = await PublicApp.write(
    runtime,
    appOf(whoami(port, `runAs: { user: "${USER}" },`)),
  );
  await place.app.start();
  const first = await askOnce(port, "x");
  await until("a line", async () => (await place.app.log()).includes(`I am ${first}`));
  const log = `${place.app.folder}/run/goer.log`;
  await Deno.rename(log, `${log}.1`);
  await place.app.ask("reopen");
  await until("a line in the new file", async () => {
    const pid = await askOnce(port, "x");
    return (await place.app.log()).includes(`I am ${pid}`);
  });
  assertEquals((await Deno.stat(log)).uid, 0);
}, NOT_ROOT);

testInTurn("an unknown user or group is refused by name", async (runtime) => {
  await using app = await App.write(runtime, appOf(whoami(0, `runAs: { user: "no_such_user" },`)));
  const user = await app.command("start", "-d");
  assertEquals(user.code, 1);
  assertStringIncludes(
    user.error,
    "Cannot run workers as no_such_user: this user or group does not exist",
  );
  await app.rewrite(appOf(whoami(0, `runAs: { user: "${USER}", group: "no_such_group" },`)));
  const group = await app.command("start", "-d");
  assertEquals(group.code, 1);
  assertStringIncludes(group.error, `Cannot run workers as ${USER}:no_such_group`);
  assertEquals((await app.command("status")).code, 3);
});

testOnEach("only root can run workers as another user", async (runtime) => {
  await using place = await PublicApp.write(runtime, appOf(whoami(0, `runAs: { user: "root" },`)));
  await Deno.chown(place.app.folder, UID, GID);
  const { code, error } = await place.app.run([...AS_USER, ...place.app.words("start", "-d")]);
  assertEquals(code, 1);
  assertStringIncludes(
    error,
    "Cannot run workers as root: only root can do this. Start as root, or remove the option",
  );
}, NOT_ROOT);

// Permissions, which only Deno has.

const [deno] = RUNTIMES;

/** A service that responds with its worker's permissions. */
function permissions(port: number): string {
  return `export default { listen: "text://127.0.0.1:${port}", stopTimeout: 1000,
    onMessage(connection, line) {
      const asked = JSON.parse(line);
      const states = asked.map((one) => Deno.permissions.querySync(one).state === "granted");
      connection.send(JSON.stringify(states));
    } };`;
}

/** The permissions that a start needs, each as narrow as possible. */
function needed(app: App, port: number): Record<string, string> {
  return {
    read: `=${app.folder},${ROOT}`,
    write: `=${app.folder}`,
    net: `=127.0.0.1:${port},unix:${app.folder}/run/control.sock`,
    env: "",
    sys: "=uid,loadavg",
    run: "",
    ffi: "",
  };
}

/** Permissions in the format of Deno's command line. */
function flags(granted: Record<string, string>): string[] {
  return ["--no-prompt", ...Object.entries(granted).map(([name, of]) => `--allow-${name}${of}`)];
}

Deno.test("a worker has the permissions of the start, except ffi and run", async (context) => {
  const port = freePort();
  await using app = await App.write(deno, permissions(port));
  const asked: Deno.PermissionDescriptor[] = [
    { name: "ffi" },
    { name: "run" },
    { name: "run", command: deno.path },
    { name: "env" },
    { name: "read", path: app.folder },
    { name: "read", path: "/etc" },
    { name: "net", host: `127.0.0.1:${port}` },
    { name: "net", host: "127.0.0.1:1" },
  ];
  const all = [false, false, false, true, true, true, true, true];
  const few = [false, false, false, true, true, false, true, false];
  const narrow = flags(needed(app, port));
  const starts: [what: string, permissions: string[], had: boolean[], ...words: string[]][] = [
    ["that has all", ["--allow-all"], all],
    ["that has all, in short", ["-qA"], all],
    ["that has some whole, in short", ["-RWNES", "--allow-run", "--allow-ffi"], all],
    ["that has no more than it takes", narrow, few],
    [
      "that says they are to be left",
      narrow,
      [true, true, true, ...few.slice(3)],
      "--allow=ffi,run",
    ],
  ];
  for (const [what, permissions, had, ...words] of starts) {
    await context.step(`of a start ${what}`, async () => {
      app.options = { permissions };
      await app.start(...words);
      // The short forms differ only in how the start reads them.
      const short = /^-\w/.test(permissions[0]);
      const commands = short ? ["stop"] : ["reload", "upgrade", "status", "stop"];
      for (const command of commands) {
        assertEquals(JSON.parse(await askOnce(port, JSON.stringify(asked))), had);
        const { code, error } = await app.command(command);
        assertEquals([command, code, error], [command, 0, ""]);
      }
    });
  }
});

Deno.test("without --allow-ffi each worker binds its own socket, and start prints that", async () => {
  const port = freePort();
  await using app = await App.write(deno, permissions(port));
  const { ffi: _, ...granted } = needed(app, port);
  app.options = { permissions: flags(granted) };
  const { code, out } = await app.command("start", "-d");
  assertEquals(code, 0);
  assertStringIncludes(out, "--allow-ffi");
  assertStringIncludes(await app.log(), "warn supervisor: sockets cannot be inherited here");
  assertEquals((await app.status()).handoff, "rebind");
  for (const command of ["reload", "upgrade"]) {
    assertEquals((await app.command(command)).code, 0);
    // The notice warns that connections can be reset.
    await until("an answer", () => askOnce(port, "[]").catch(() => undefined));
  }
});

Deno.test("a missing permission is named, and nothing starts", async (context) => {
  const port = freePort();
  await using app = await App.write(deno, permissions(port));
  const granted = needed(app, port);
  const starts = ["read", "write", "net", "env", "sys", "run"].map((missing) => {
    const { [missing]: _, ...rest } = granted;
    return [missing, rest] as const;
  });
  // With only the permission to run Deno, signals cannot be sent.
  starts.push(["run", { ...granted, run: `=${deno.path}` }]);
  for (const [missing, rest] of starts) {
    for (const words of [["-d"], []]) {
      await context.step(
        `${missing}${missing in rest ? " in part" : ""}, start ${words.join()}`,
        async () => {
          app.options = { permissions: flags(rest) };
          const { code, out, error } = await app.command("start", ...words);
          assertEquals(code, 1);
          assertStringIncludes(out + error, `--allow-${missing}`);
          assertEquals(/^ +at /m.test(out + error), false);
        },
      );
    }
  }
  app.options = {};
  assertEquals((await app.command("status")).code, 3);
});

Deno.test("a missing permission of status only makes that command fail", async () => {
  const port = freePort();
  await using app = await App.write(deno, permissions(port));
  app.options = { permissions: flags({ ...needed(app, port), sys: "=uid" }) };
  await app.start();
  const { code, error } = await app.command("status");
  assertEquals(code, 1);
  assertStringIncludes(error, "loadavg");
  assertEquals((await app.command("reload")).code, 0);
  assertEquals(await askOnce(port, "[]"), "[]");
});
