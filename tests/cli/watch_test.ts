/** `goer start --watch`. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { watch } from "../../src/cli/watch.ts";
import { Log } from "../../src/log.ts";
import { checkWatch } from "../../src/cli/target.ts";
import { UsageError } from "../../src/cli/words.ts";
import { modulesIn, SourceWatch } from "../../src/runtime/files/source_watch.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, freePort } from "../supervisor/app.ts";

/** How often a text contains a word. */
function count(text: string, word: string): number {
  return text.split(word).length - 1;
}

testInTurn(
  "--watch reloads once for many files, and keeps old code if the new has errors",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(
      runtime,
      `import { answer } from "./lib/answer.mjs";
     export default { listen: "http://127.0.0.1:${port}", fetch: () => new Response(answer) };`,
    );
    const write = (name: string, text: string) => Deno.writeTextFile(`${app.folder}/${name}`, text);
    await Deno.mkdir(`${app.folder}/lib`);
    await write("lib/answer.mjs", `export const answer = "one";`);
    await using start = app.spawn("start", "--watch");
    await start.printed("--watch: reloads when");
    await start.printed("serving http");
    const headers = { connection: "close" };
    const answer = async () => await (await fetch(`http://127.0.0.1:${port}`, { headers })).text();
    assertEquals(await answer(), "one");

    await write("notes.txt", "not a module");
    const parts = Array.from({ length: 9 }, (_, index) => `part${index}.mjs`);
    for (const part of parts) await write(`lib/${part}`, `export default "two";`);
    await write(
      "lib/answer.mjs",
      parts.map((part, index) => `import part${index} from "./${part}";`).join("\n") +
        "\nexport const answer = part8;",
    );
    await start.printed("reloaded");
    assertEquals(await answer(), "two");
    assertEquals(count(start.output, "changed: reloading"), 1, start.output);

    await write("lib/part8.mjs", "syntax (");
    await start.printed("Reload cancelled");
    assertStringIncludes(start.output, "part8.mjs");
    assertEquals(await answer(), "two");

    await write("lib/part8.mjs", `export default "three";`);
    await until("the next reload", () => Promise.resolve(count(start.output, "reloaded") === 2));
    assertEquals(await answer(), "three");
    start.signal("SIGTERM");
    assertEquals(await start.ended(), 0);
  },
);

Deno.test("--watch goes on if the runtime cannot say which modules the app imports", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/app.ts`, "");
  await Deno.writeTextFile(`${folder}/deno.json`, "{ not JSON");
  let text = "";
  const log = new Log("supervisor", { write: (lines) => void (text += lines) });
  const before = Deno.cwd();
  Deno.chdir(folder);
  try {
    const app = `${folder}/app.ts`;
    (await watch({ app, directory: `${folder}/run`, files: [], log })).stop();
  } finally {
    Deno.chdir(before);
  }
  assertStringIncludes(
    text,
    `cannot ask for the modules that ${folder}/app.ts imports: The command deno info ended`,
  );
  assertStringIncludes(text, `reloads when modules in ${folder} change`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a watched file whose folder becomes a link to itself counts as removed", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/lib/app.ts`;
  await Deno.mkdir(`${folder}/lib`);
  await Deno.writeTextFile(path, "");
  const changed: string[] = [];
  const source = new SourceWatch(() => [path], (paths) => void changed.push(...paths));
  await Deno.remove(`${folder}/lib`, { recursive: true });
  await Deno.symlink(`${folder}/lib`, `${folder}/lib`);
  await until("the change", () => Promise.resolve(changed.length > 0));
  assertEquals(changed, [path]);
  source.stop();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("--watch is refused for an app without source files here", () => {
  checkWatch("/srv/app.ts", false);
  for (const [app, compiled] of [["https://example.org/app.ts", false], ["/app", true]] as const) {
    assertThrows(() => checkWatch(app, compiled), UsageError, `Cannot use --watch: ${app}`);
  }
});

Deno.test("without a module graph, the modules of a folder are watched", async () => {
  const folder = await Deno.makeTempDir();
  const names = [
    ...["app.ts", "lib/a.mjs", "lib/b.jsx", "data.json", "goer.log", ".hidden.ts"],
    ...[".git/a.js", "node_modules/a/a.js", "run/scripts/goer.js", "lib/c.ts~"],
  ];
  for (const name of names) {
    await Deno.mkdir(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}`, "");
  }
  await Deno.symlink(folder, `${folder}/lib/loop`);
  const found = modulesIn(folder, `${folder}/run`).map((path) => path.slice(folder.length + 1));
  assertEquals(found.sort(), ["app.ts", "lib/a.mjs", "lib/b.jsx"]);
  await Deno.remove(folder, { recursive: true });
});
