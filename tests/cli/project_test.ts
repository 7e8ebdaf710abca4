/** The apps of a project, in `deno.json`, `package.json` or `goer.config.ts`. */

import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { readArguments } from "../../src/cli/arguments.ts";
import { findProject, readProject } from "../../src/cli/project.ts";
import { configured, runInProject } from "../../src/cli/project_commands.ts";
import { UsageError } from "../../src/cli/words.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, freePort, goerCommand } from "../supervisor/app.ts";

testInTurn("commands work for one app of a project by its name, or for all", async (runtime) => {
  const ports = [freePort(), freePort()];
  await using app = await App.write(
    runtime,
    `import process from "node:process";
     export default {
       listen: "http://127.0.0.1:1",
       fetch: () => new Response([process.env.GREETING, ...process.argv.slice(2)].join()),
     };`,
  );
  const apps = {
    one: { app: "app.mjs", listen: `${ports[0]}`, env: { GREETING: "hello" } },
    two: {
      app: "app.mjs",
      listen: `${ports[1]}`,
      args: ["from", "package.json", "--env-file=none"],
    },
  };
  await Deno.writeTextFile(`${app.folder}/package.json`, JSON.stringify({ goer: { apps } }));
  app.options = { folder: app.folder, environment: { XDG_RUNTIME_DIR: app.folder } };
  const run = (...words: string[]) => app.run([...goerCommand(runtime), ...words]);
  const answers = () =>
    Promise.all(
      ports.map((port) =>
        fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } })
          .then((response) => response.text(), () => "refused")
      ),
    );
  try {
    const { code, out, error } = await run("start", "--daemon");
    assertEquals([code, error], [0, ""]);
    assertStringIncludes(out, "one:\n");
    assertEquals(await answers(), ["hello", ",from,package.json,--env-file=none"]);
    assertEquals((await run("stop", "two")).code, 0);
    assertEquals(await answers(), ["hello", "refused"]);
    // The exit code is that of an app that does not run.
    const { code: status, out: shown } = await run("status");
    assertEquals(status, 3);
    assertStringIncludes(shown, "one:\n");
  } finally {
    await run("stop", "--now");
  }
  assertEquals(await answers(), ["refused", "refused"]);
});

Deno.test("a name that no app of the project has is refused, with a suggestion", async () => {
  const folder = await Deno.makeTempDir();
  const apps = { shop: { app: "shop.ts" }, jobs: { app: "jobs.ts" } };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ goer: { apps } }));
  await Deno.writeTextFile(`${folder}/other`, "");
  const before = Deno.cwd();
  Deno.chdir(folder);
  try {
    await assertRejects(
      async () => void await runInProject(readArguments(["reload", "shp"]), () => 0),
      UsageError,
      `describes shop, jobs: did you mean "shop"?`,
    );
    // A file and a path are no names.
    for (const operand of ["other", "shp.ts"]) {
      assertEquals(await runInProject(readArguments(["reload", operand]), () => 0), 0);
    }
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a command line wins over the options of a project", () => {
  const described = {
    app: "app.ts",
    workers: 2,
    listen: "8080",
    envFile: "a.env",
    args: ["x"],
    admin: "9464",
    logFile: "app.log",
  };
  const project = readProject("deno.json", described);
  const read = (...words: string[]) => configured(readArguments(["start", ...words]), project, "");
  const { operand, workers, place, envFiles, appArguments, admin, logFile } = read();
  assertEquals(
    [operand, workers, place.listen, envFiles, appArguments, admin, logFile],
    ["app.ts", 2, "8080", ["a.env"], ["x"], "9464", "app.log"],
  );
  const own = read("-w3", "--port=81", "--env-file=b", "--admin=1", "--log-file=l", "--", "y");
  assertEquals(
    [own.workers, own.place.listen, own.place.port, own.envFiles, own.appArguments],
    [3, undefined, "81", ["b"], ["y"]],
  );
  assertEquals([own.admin, own.logFile], ["1", "l"]);
});

Deno.test("what is wrong in a project is quoted", () => {
  const wrong: [unknown, string][] = [
    [[], "file must be an object"],
    [{ app: "a.ts", wrokers: 2 }, 'Unknown key "wrokers" in file: did you mean "workers"?'],
    [{ workers: 2 }, 'Missing "app" in file'],
    [{ app: 1 }, 'Invalid "app" in file: expected the path of a module, got 1'],
    [{ app: "a.ts", workers: 0 }, 'or "auto", got 0'],
    [{ app: "a.ts", env: { A: 1 } }, 'whose values are text, got {"A":1}'],
    [{ apps: {} }, '"apps" of file must be an object'],
    [{ apps: { a: { app: "a.ts" } }, workers: 2 }, 'Unknown key "workers" next to "apps"'],
    [{ apps: { "a b": { app: "a.ts" } } }, 'Cannot use the name "a b" of file'],
    [{ apps: { a: { app: "a.ts", port: 1 } } }, 'Unknown key "port" in "a" of file'],
  ];
  for (const [value, reason] of wrong) {
    assertThrows(() => readProject("file", value), UsageError, reason);
  }
});

Deno.test("a project is found in one of several files", async () => {
  const folder = await Deno.makeTempDir();
  const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
  try {
    assertEquals(await findProject(folder), undefined);
    await write("package.json", `{ "name": "x" }`);
    await write("deno.jsonc", `{ /* a comment */ "goer": { "app": "a.ts" }, }`);
    assertEquals((await findProject(folder))?.apps, new Map([["", { app: "a.ts" }]]));
    await write("goer.config.ts", `export default { app: "b.ts" as string };`);
    await assertRejects(() => findProject(folder), UsageError, "Two files describe the apps");
    await Deno.remove(`${folder}/deno.jsonc`);
    assertEquals((await findProject(folder))?.apps, new Map([["", { app: "b.ts" }]]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
