import { assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { readArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { OPTIONS } from "../../src/cli/options.ts";
import { helpText } from "../../src/cli/usage.ts";
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

Deno.test("goer licenses shows Goer's licence if no library is bundled", async () => {
  const { code, out } = await goer("licenses");
  assertEquals(code, 0);
  assertStringIncludes(out, "Goer: MIT");
});

for (const [name, { summary, options }] of Object.entries(COMMANDS)) {
  Deno.test(`goer help ${name} shows its options`, () => {
    const help = helpText(name);
    assertStringIncludes(help, summary);
    for (const option of options) assertStringIncludes(help, `--${OPTIONS[option].flag}`);
    assertEquals(help.match(/^ +(?:-\w, )?--[a-z-]+/gm)!.length, options.length);
  });
}

Deno.test("goer start --help is the same as goer help start", async () => {
  const [asked, flagged] = await Promise.all([goer("help", "start"), goer("start", "--help")]);
  assertEquals(asked.out, helpText("start"));
  assertEquals(flagged, asked);
  for (const name of Object.keys(COMMANDS)) {
    const { command, operand } = readArguments([name, "--help"]);
    assertEquals([command, operand], ["help", name === "help" ? undefined : name]);
  }
});

Deno.test("invalid usage is refused with a reason and exit code 2", async () => {
  const refused: [string[], string][] = [
    [["serve"], 'Unknown command "serve"'],
    [["toString"], 'Unknown command "toString"'],
    [["help", "serve"], 'Unknown command "serve"'],
    [["start", "--nonsense"], 'Unknown option "--nonsense"'],
    [["stop", "app.ts", "--daemon"], "Option --daemon does not apply to goer stop"],
    [["start", "one.ts", "two.ts"], 'Expected one app, got 2: "one.ts", "two.ts"'],
    [["start"], "Missing app: for example, goer start app.ts"],
    [["start", "app.ts", "--workers"], "--workers needs a value"],
    [["status", "nowhere.ts", "--name="], "--name needs a value"],
    [["start", "app.ts", "--workers=many"], "Invalid value for --workers: expected a whole number"],
    [
      ["start", "nowhere.ts", "--workers=1025"],
      "expected a whole number from 1 to 1024",
    ],
    [["completions", "tcsh"], 'Unknown shell "tcsh": choose bash, zsh or fish'],
  ];
  for (const [words, reason] of refused) {
    const { code, error, out } = await goer(...words);
    assertEquals([words, code, out], [words, 2, ""]);
    assertStringIncludes(error, reason);
  }
});

Deno.test("help works without any Deno permission", async () => {
  const command = [Deno.execPath(), "run", "--no-prompt", "--no-check", "mod.ts"];
  const { code, out, error } = await run(command, { cwd: ROOT });
  assertEquals([code, error], [0, ""]);
  assertStringIncludes(out, "Usage: goer");
});
