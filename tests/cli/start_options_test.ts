/** Options of `goer start` that concern the app: its arguments, address and environment. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readArguments } from "../../src/cli/arguments.ts";
import { UsageError } from "../../src/cli/words.ts";
import { GoerError } from "../../mod.ts";
import { EnvFiles, parseEnvFile } from "../../src/supervisor/workers/env_files.ts";
import { Log } from "../../src/log.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { App, freePort } from "../supervisor/app.ts";

testOnEach(
  "a reload passes the arguments, the address and the current variables to the app",
  async (runtime) => {
    await using app = await App.write(
      runtime,
      `import process from "node:process";
     export default {
       listen: "http://localhost:1",
       fetch() {
         const { A, B, REAL } = process.env;
         return Response.json({ words: process.argv.slice(2), A, B, REAL });
       },
     };`,
    );
    const port = freePort();
    const words = ["--verbose", "--", "-w", "two words", ""];
    const answer = async () => {
      const headers = { connection: "close" };
      return await (await fetch(`http://127.0.0.1:${port}`, { headers })).json();
    };
    const write = (name: string, text: string) => Deno.writeTextFile(`${app.folder}/${name}`, text);
    await write(".env", "A=from .env\nB=$A\nREAL=no\n");
    // Only Bun knows this file.
    await write(".env.local", "A=from .env.local\n");
    app.options = { environment: { REAL: "yes" }, folder: app.folder };
    await app.start("--port", `${port}`, "--hostname=127.0.0.1", "--", ...words);
    assertEquals(await answer(), { words, A: "from .env", B: "$A", REAL: "yes" });
    await write(".env", "B='two\nlines'\n");
    await app.ask("reload");
    assertEquals(await answer(), { words, B: "two\nlines", REAL: "yes" });
    await write(".env", "A=1\nB\n");
    const { ok, text } = await app.ask("reload");
    assertEquals(ok, false);
    assertStringIncludes(text, `${app.folder}/.env, line 2: expected NAME=value`);
    assertEquals(await answer(), { words, B: "two\nlines", REAL: "yes" });
  },
);

testOnEach("an app that calls runAll gets its arguments", async (runtime) => {
  await using app = await App.write(runtime, "");
  const port = freePort();
  await app.rewrite(
    `import process from "node:process";
     import { runAll } from "${app.goer}";
     await runAll({
       listen: "http://127.0.0.1:1",
       fetch: () => Response.json(process.argv.slice(2)),
     });`,
  );
  const { code, error } = await app.run(
    app.ownWords("start", "-d", `--port=${port}`, "--", "--now"),
  );
  assertEquals([code, error], [0, ""]);
  assertEquals(await (await fetch(`http://127.0.0.1:${port}`)).json(), ["--now"]);
});

Deno.test("only start passes what is after -- to the app", () => {
  const { operand, appArguments } = readArguments(["start", "app.ts", "--", "-x", "--"]);
  assertEquals([operand, appArguments], ["app.ts", ["-x", "--"]]);
  const stop = readArguments(["stop", "--", "-app.ts"]);
  assertEquals([stop.operand, stop.appArguments], ["-app.ts", []]);
});

Deno.test("--port and --hostname are checked", () => {
  const read = (...words: string[]) => readArguments(["start", "app.ts", ...words]).place;
  assertEquals(read("--port", "0", "--hostname", "[::1]"), {
    listen: undefined,
    hostname: "[::1]",
    port: "0",
  });
  for (const port of ["65536", "http", "-1", "1.5"]) {
    assertThrows(() => read(`--port=${port}`), UsageError, `got "${port}"`);
  }
  assertThrows(() => read("--listen=80", "--port=81"), UsageError, "not both: got --listen 80");
});

Deno.test("a file of variables is read as dotenv does", () => {
  const text = `\uFEFF# comment
A=1
export B = two words # comment
C="x\\ny#z" # comment\r
D='a
b'
E=\`q\`
F=$A\${B}

G=
H: yaml
A=2
`;
  assertEquals(parseEnvFile(text, ".env"), {
    A: "2",
    B: "two words",
    C: "x\ny#z",
    D: "a\nb",
    E: "q",
    F: "$A${B}",
    G: "",
    H: "yaml",
  });
});

Deno.test("an error in a file of variables names the line, without its text", () => {
  const broken: Record<string, string> = {
    "A=1\nsecret": "/srv/.env, line 2: expected NAME=value, or a comment after #",
    "A='1\n2'\n=secret": "/srv/.env, line 3: expected NAME=value, or a comment after #",
    '\n\nA="secret\nB=1\n': '/srv/.env, line 3: expected a closing " in this line or a later one',
    "A=\0secret": "/srv/.env, line 1: expected text, found a zero byte",
  };
  for (const [text, reason] of Object.entries(broken)) {
    const { message } = assertThrows(() => parseEnvFile(text, "/srv/.env"), GoerError, reason);
    assertEquals(message.includes("secret"), false);
  }
});

Deno.test("a folder .env has no variables, and a file that cannot be read is named", async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.cwd();
  Deno.chdir(folder);
  try {
    await Deno.mkdir(".env");
    new EnvFiles([]).read();
    await Deno.remove(".env");
    await Deno.symlink(".env", ".env");
    assertThrows(() => new EnvFiles([]).read(), GoerError, `Cannot read ${folder}/.env: `);
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a later file of --env-file wins, and a missing one is an error", async () => {
  const folder = await Deno.makeTempDir();
  const paths = ["one", "two"].map((name) => `${folder}/${name}`);
  await Deno.writeTextFile(paths[0], "A=1\nB=1");
  await Deno.writeTextFile(paths[1], "B=2");
  const log = new Log("supervisor", { write() {} } as never);
  assertEquals(new EnvFiles(paths).variables(log), { A: "1", B: "2" });
  const missing = new EnvFiles([`${folder}/three`]);
  assertThrows(() => missing.read(), GoerError, `--env-file ${folder}/three: it does not exist`);
  await Deno.remove(folder, { recursive: true });
});
