import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { compileApp } from "../../src/runtime/program/compiler.ts";
import { buildIfStale, DIST } from "../../npm/build.ts";
import { goer, run } from "../cli/goer.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { ROOT } from "../tools.ts";
import { App, EXECUTABLES } from "./executables.ts";

/** A TypeScript app that imports Goer by name and a module next to it. */
const MODULES = {
  "service.ts": `import { type Connection, Goer } from "@goer/goer";
import { text } from "@goer/goer/protocols";
import { answer } from "./answer.ts";

export default new Goer("tcp://127.0.0.1:0", {
  protocol: text,
  onMessage: (connection: Connection<string>, line: string) => {
    connection.send(answer + line);
  },
});
`,
  "answer.ts": `export const answer: string = "compiled ";\n`,
};

const [bunExecutable, denoExecutable] = EXECUTABLES;
const bun = RUNTIMES.find(({ name }) => name === "bun")?.path;
const node = RUNTIMES.find(({ name }) => name === "node")?.path;
const compileDeno = denoExecutable.missing === undefined ? Deno.env.get("COMPILE_DENO") : undefined;

Deno.test("the error of a compiler is shown without its colours", async () => {
  const folder = await Deno.makeTempDir();
  const [app, executable] = [`${folder}/app.mjs`, `${folder}/bun`];
  await Deno.writeTextFile(app, "");
  const script = `#!/bin/sh\necho "no colours: [$NO_COLOR], forced: [$FORCE_COLOR]" >&2; exit 1\n`;
  await Deno.writeTextFile(executable, script, { mode: 0o755 });
  const options = {
    app,
    output: `${folder}/out`,
    command: `file://${app}`,
    names: {},
    include: [],
  };
  Deno.env.set("FORCE_COLOR", "1");
  try {
    await assertRejects(
      () => compileApp({ name: "bun", executable }, options, folder),
      Error,
      "no colours: [1], forced: []",
    );
  } finally {
    Deno.env.delete("FORCE_COLOR");
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "an app that calls runAll is compiled by the goer command" +
    (node === undefined ? " (skipped: there is no node)" : ""),
  ignore: node === undefined,
  async fn() {
    await buildIfStale();
    const app = await Deno.makeTempFile({ suffix: ".mjs" });
    await Deno.writeTextFile(app, `import { runAll } from "${DIST}mod.js";\nawait runAll({});\n`);
    const { code, error } = await run([node!, app, "compile"]);
    assertEquals(code, 1);
    assertStringIncludes(error, `with its own command: run "goer compile ${app}" instead`);
    await Deno.remove(app);
  },
});

/** A way to run the command: its words, and the programs on PATH. */
interface Way {
  name: string;
  missing?: string;
  command(): Promise<string[]>;
  path: Record<string, string | undefined>;
  options?: string[];
  /** True if its app runs all commands. Other ways create the same executables. */
  all?: true;
}

const noBun = bun === undefined ? "there is no bun" : undefined;

const WAYS: Way[] = [
  {
    name: "the bun executable, with nothing on PATH",
    command: async () => [await bunExecutable.path()],
    path: {},
    all: true,
  },
  {
    name: "the deno executable, with deno on PATH",
    missing: denoExecutable.missing,
    command: async () => [await denoExecutable.path()],
    path: { deno: compileDeno },
    all: true,
  },
  {
    name: "the deno executable, with bun on PATH",
    missing: denoExecutable.missing ?? noBun,
    command: async () => [await denoExecutable.path()],
    path: { bun },
  },
  {
    name: "the npm package on Bun",
    missing: noBun,
    command: () => Promise.resolve([bun!, `${DIST}goer.js`]),
    path: {},
  },
  {
    name: "the npm package on Node, with --runtime bun",
    missing: noBun ?? (node === undefined ? "there is no node" : undefined),
    command: () => Promise.resolve([node!, `${DIST}goer.js`]),
    path: { bun },
    options: ["--runtime=bun"],
  },
  {
    name: "the sources on Deno",
    missing: denoExecutable.missing,
    command: () =>
      Promise.resolve([
        compileDeno!,
        "run",
        "-A",
        "--no-check",
        `--config=${ROOT}deno.json`,
        `${ROOT}cli.ts`,
      ]),
    path: {},
  },
];

/** A folder with these programs, for PATH. */
async function pathOf(folder: string, programs: Way["path"]): Promise<string> {
  await Deno.mkdir(`${folder}/bin`);
  for (const [name, path] of Object.entries(programs)) {
    await Deno.symlink(path!, `${folder}/bin/${name}`);
  }
  return `${folder}/bin`;
}

for (const { name, missing, command, path, options = [], all } of WAYS) {
  Deno.test({
    name: `goer compile with ${name} creates an app that includes the commands` +
      (missing ? ` (skipped: ${missing})` : ""),
    ignore: missing !== undefined,
    async fn() {
      await buildIfStale();
      const folder = await Deno.makeTempDir({ prefix: "goer-compile-test" });
      try {
        for (const [file, text] of Object.entries(MODULES)) {
          await Deno.writeTextFile(`${folder}/${file}`, text);
        }
        const words = [...await command(), "compile", "service.ts", "-o", "server", ...options];
        const { code, out, error } = await run(words, {
          cwd: folder,
          env: { PATH: await pathOf(folder, path) },
        });
        assertEquals([code, error], [0, ""]);
        assertStringIncludes(out, `${folder}/server start`);
        // The executable needs neither the app nor a runtime.
        for (const file of Object.keys(MODULES)) await Deno.remove(`${folder}/${file}`);
        await live(`${folder}/server`, all ? ["reload", "upgrade", "restart"] : []);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Starts a compiled app, and runs commands on it. */
async function live(program: string, commands: string[]): Promise<void> {
  await using app = await App.compiled(program);
  await app.start([], { PATH: "/nowhere" });
  assertEquals(await app.ask("one"), "compiled one");
  for (const command of commands) {
    const { code, out, error } = await app.command([command]);
    assertEquals([command, code, error], [command, 0, ""], out);
    assertEquals(await app.ask("two"), "compiled two");
  }
  assertStringIncludes((await app.command(["connections"])).out, "PEER");
  assertEquals((await app.command(["stop"])).code, 0);
  assertEquals((await app.command(["status"])).code, 3);
}

Deno.test("goer compile refuses a missing app and a runtime that cannot compile", async () => {
  const none = await goer("compile", "nowhere.ts");
  assertEquals(none.code, 2);
  assertStringIncludes(none.error, "Cannot find the app");
  const node = await goer("compile", `${ROOT}examples/hello.ts`, "--runtime=node");
  assertStringIncludes(node.error, "Node cannot compile an app");
  const sources = await goer("compile", `${ROOT}examples/hello.ts`, "--runtime=bun");
  assert(sources.code !== 0);
});
