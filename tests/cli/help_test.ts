import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { COMMANDS } from "../../src/cli/commands.ts";
import { OPTIONS } from "../../src/cli/options.ts";
import { ROOT } from "../tools.ts";
import { goer, run } from "./goer.ts";

Deno.test("goer, goer help and goer --help show every command", async () => {
  const [bare, ...others] = await Promise.all([goer(), goer("help"), goer("--help"), goer("-h")]);
  for (const [name, { summary }] of Object.entries(COMMANDS)) {
    assertStringIncludes(bare.out, `${name.padEnd(12)} ${summary}\n`);
  }
  assertEquals(others, [bare, bare, bare]);
  assertEquals(bare.code, 0);
});

Deno.test("goer --version and goer version show the version", async () => {
  const expected = { code: 0, out: `${config.version}\n`, error: "" };
  assertEquals(await goer("--version"), expected);
  assertEquals(await goer("version"), expected);
});

Deno.test("goer licenses names Goer's own, where no library is built in", async () => {
  const { code, out } = await goer("licenses");
  assertEquals(code, 0);
  assertStringIncludes(out, "Goer: MIT");
});

for (const [name, { summary, options }] of Object.entries(COMMANDS)) {
  Deno.test(`goer help ${name} and goer ${name} --help show its options`, async () => {
    const [asked, flagged] = await Promise.all([goer("help", name), goer(name, "--help")]);
    assertStringIncludes(asked.out, summary);
    for (const option of options) assertStringIncludes(asked.out, `--${OPTIONS[option].flag}`);
    const shown = asked.out.match(/^ +(?:-\w, )?--[a-z-]+/gm)!.length;
    assertEquals(shown, options.length);
    if (name !== "help") assertEquals(flagged, asked);
  });
}

Deno.test("what means nothing is refused with exit code 2, and says why", async () => {
  const refused: [string[], string][] = [
    [["serve"], "there is no command serve"],
    [["toString"], "there is no command toString"],
    [["help", "serve"], "there is no command serve"],
    [["start", "--nonsense"], "there is no option --nonsense"],
    [["stop", "app.ts", "--daemon"], "stop takes no option --daemon"],
    [["start", "one.ts", "two.ts"], "one app at a time, not one.ts two.ts"],
    [["start"], "which app? As in: goer start app.ts"],
    [["start", "app.ts", "--workers"], "--workers has no value"],
    [["status", "nowhere.ts", "--name="], "--name has no value"],
    [["start", "app.ts", "--workers=many"], "--workers has to be a whole number"],
    [
      ["start", "nowhere.ts", "--workers=1025"],
      "--workers has to be a whole number from 1 to 1024",
    ],
    [["completions", "tcsh"], "there is bash, zsh, fish, not tcsh"],
  ];
  for (const [words, reason] of refused) {
    const { code, error, out } = await goer(...words);
    assertEquals([words, code, out], [words, 2, ""]);
    assertStringIncludes(error, reason);
  }
});

Deno.test("no line of the help is wider than a terminal", async () => {
  for (const name of ["help", ...Object.keys(COMMANDS)]) {
    for (const line of (await goer("help", name)).out.split("\n")) {
      assert(line.length <= 100, line);
    }
  }
});

Deno.test("help is to be had without a permission of Deno", async () => {
  const command = [Deno.execPath(), "run", "--no-prompt", "--no-check", "mod.ts"];
  const { code, out, error } = await run(command, { cwd: ROOT });
  assertEquals([code, error], [0, ""]);
  assertStringIncludes(out, "Usage: goer");
});
