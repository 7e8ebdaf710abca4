import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { GoerError } from "../../mod.ts";
import { readArguments } from "../../src/cli/arguments.ts";
import { init } from "../../src/cli/init.ts";
import { buildIfStale, DIST } from "../../npm/build.ts";
import { App, EXECUTABLES } from "../executable/executables.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { ROOT } from "../tools.ts";
import { goer, run } from "./goer.ts";

/** How to run the command, and the files that it must create. */
interface Way {
  name: string;
  missing?: string;
  command(): Promise<string[]>;
  files: string[];
}

const WAYS: Way[] = [
  ...RUNTIMES.map(({ name, path }) => ({
    name,
    command: () =>
      Promise.resolve(
        name === "deno"
          ? [path, "run", "-A", "--no-check", `--config=${ROOT}deno.json`, `${ROOT}cli.ts`]
          : [path, `${DIST}goer.js`],
      ),
    files: [".gitignore", "README.md", name === "node" ? "app.js" : "app.ts"]
      .concat(name === "deno" ? "deno.json" : "package.json"),
  })),
  ...EXECUTABLES.map(({ name, missing, path }) => ({
    name: `the ${name} executable`,
    missing,
    command: async () => [await path()],
    files: [".gitignore", "README.md", name === "deno" ? "app.js" : "app.ts", "package.json"],
  })),
];

Deno.test("goer init says why it cannot create a project", async () => {
  const file = await Deno.makeTempFile();
  assertThrows(
    () => init(readArguments(["init", `${file}/project`]), {}),
    GoerError,
    `Cannot create a project in "${file}/project": `,
  );
  await Deno.remove(file);
});

async function filesOf(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

for (const { name, missing, command, files } of WAYS) {
  Deno.test({
    name: `goer init with ${name} creates a project that starts` +
      (missing ? ` (skipped: ${missing})` : ""),
    ignore: missing !== undefined,
    async fn() {
      await buildIfStale();
      const folder = await Deno.makeTempDir({ prefix: "goer-init" });
      try {
        const goer = await command();
        const { code, out, error } = await run([...goer, "init", "first"], { cwd: folder });
        assertEquals([code, error], [0, ""]);
        const project = `${folder}/first`;
        assertEquals(await filesOf(project), files.toSorted());
        const module = files.find((file) => file.startsWith("app"))!;
        assertStringIncludes(out, ` start ${module}`);
        // Any free port will do for a test.
        const source = await Deno.readTextFile(`${project}/${module}`);
        await Deno.writeTextFile(`${project}/${module}`, source.replace(":8080", ":0"));
        await using app = new App(project, goer, [module]);
        await app.start();
        assertEquals(await app.ask("hi", 2), "Hello! Say something.\nYou said: hi");
      } finally {
        await Deno.remove(folder, { recursive: true }).catch(() => {});
      }
    },
  });
}

Deno.test("goer init from a clone prints commands that work without JSR", async () => {
  const folder = await Deno.makeTempDir({ prefix: "goer-init" });
  try {
    const { out } = await goer("init", `${folder}/first`);
    const [, step] = /^ {2}(deno run .* start app\.ts)$/m.exec(out)!;
    const [, ...words] = step.split(" ");
    await using app = new App(`${folder}/first`, [Deno.execPath(), ...words.slice(0, -2)], [
      "app.ts",
    ]);
    await app.start();
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
});

Deno.test("goer init overwrites nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "goer-init" });
  try {
    await Deno.writeTextFile(`${folder}/README.md`, "mine");
    const [{ command }] = WAYS;
    const { code, error } = await run([...await command(), "init"], { cwd: folder });
    assertEquals(code, 1);
    assertStringIncludes(error, "it already has README.md");
    assertEquals(await filesOf(folder), ["README.md"]);
    assertEquals(await Deno.readTextFile(`${folder}/README.md`), "mine");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
