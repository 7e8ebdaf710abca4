import { assertEquals, assertThrows } from "@std/assert";
import { readArguments } from "../../src/cli/arguments.ts";
import { App, freePort } from "../supervisor/app.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { goer } from "./goer.ts";

/** The arguments that `goer start app.ts` reads from these words. */
function started(words: string) {
  const { workers, daemon, operand } = readArguments(["start", ...words.split(" "), "app.ts"]);
  assertEquals(operand, "app.ts");
  return { workers, daemon };
}

Deno.test("several letters can share a word, and the last one can have a value", () => {
  for (
    const words of ["-dw2", "-d -w2", "-d -w 2", "-dw 2", "-dw=2", "-w=2 -d", "-d --workers=2"]
  ) {
    assertEquals([words, started(words)], [words, { workers: 2, daemon: true }]);
  }
  for (const words of ["-w2", "-w=2", "-w 2", "--workers=2", "--workers 2"]) {
    assertEquals([words, started(words)], [words, { workers: 2, daemon: false }]);
  }
  assertEquals(readArguments(["-dw2", "start", "app.ts"]).workers, 2);
  assertEquals(readArguments(["stop", "--now", "--", "-app.ts"]).operand, "-app.ts");
  assertEquals(readArguments(["start", "1.0"]).operand, "1.0");
});

Deno.test("an option that is a list can be repeated", () => {
  const { include } = readArguments(["compile", "app.ts", "--include=a,b", "--include", "c"]);
  assertEquals(include, ["a", "b", "c"]);
});

/** Invalid words and their errors. */
const REFUSED: Record<string, string> = {
  "-w": "-w needs a value",
  "-dw": "-w needs a value",
  "--workers=": "--workers needs a value",
  "-w=": "-w needs a value",
  "-w -d": '-w needs a value: if the value is "-d", write -w=-d',
  "--workers --daemon":
    '--workers needs a value: if the value is "--daemon", write --workers=--daemon',
  "-w -2": '-w needs a value: if the value is "-2", write -w=-2',
  "-w=-2": 'Invalid value for --workers: expected a whole number from 1 to 1024, got "-2"',
  "-w2d": 'Invalid value for --workers: expected a whole number from 1 to 1024, got "2d"',
  "-w0": 'Invalid value for --workers: expected a whole number from 1 to 1024, got "0"',
  "-w 1.5": 'Invalid value for --workers: expected a whole number from 1 to 1024, got "1.5"',
  "--workers two": 'Invalid value for --workers: expected a whole number from 1 to 1024, got "two"',
  "-w 2 -w 3": '--workers is given twice: "2" and "3"',
  "--workers=2 -w2": '--workers is given twice: "2" and "2"',
  "-d=false": '-d does not take a value, got "false": leave the option out to turn it off',
  "--daemon=yes": '--daemon does not take a value, got "yes": leave the option out to turn it off',
  "-d2": 'Unknown option "-2" in "-d2"',
  "-dx": 'Unknown option "-x" in "-dx"',
  "-x": 'Unknown option "-x"',
  "-": 'Unknown option "-"',
  "-daemon": 'Unknown option "-a" in "-daemon": did you mean "--daemon"?',
  "--worker 2": 'Option --worker does not apply to goer start: did you mean "--workers"?',
  "--wrokers 2": 'Unknown option "--wrokers": did you mean "--workers"?',
  "--Daemon": 'Unknown option "--Daemon": did you mean "--daemon"?',
  "--no-daemon": 'Unknown option "--no-daemon"',
  "--toString": 'Unknown option "--toString"',
  "--start-timeout=1e3": "Invalid value for --start-timeout: expected a whole number",
  "--runtime=nodejs": 'Invalid value for --runtime: expected one of deno, bun, node, got "nodejs"',
};

Deno.test("an invalid command line is refused with a reason", () => {
  for (const [words, reason] of Object.entries(REFUSED)) {
    assertThrows(() => readArguments(["start", "app.ts", ...words.split(" ")]), Error, reason);
  }
  assertThrows(
    () => readArguments(["strat"]),
    Error,
    'Unknown command "strat": did you mean "start"?',
  );
});

Deno.test("reload takes its batches, its canaries and their time", () => {
  const plan = (words: string) => readArguments(["reload", "app.ts", ...words.split(" ")]).plan;
  assertEquals(plan("--json"), undefined);
  assertEquals(plan("--batch=2"), { batch: 2, canary: undefined, watch: undefined });
  for (
    const [time, watch] of [["500ms", 500], ["30s", 30_000], ["5m", 300_000], ["1h", 3_600_000]]
  ) {
    assertEquals(plan(`--canary=1 --for=${time}`), { batch: undefined, canary: 1, watch });
  }
});

Deno.test("options of reload that contradict each other are refused with a reason", () => {
  for (
    const [words, reason] of [
      ["--for=30s", "Option --for needs --canary"],
      ["--abort --batch=1", "Option --abort calls a reload off"],
      ["--abort --canary=1", "Option --abort calls a reload off"],
      ["--batch=0", "Invalid value for --batch: expected a whole number from 1"],
      [
        "--canary=1 --for=30",
        'expected a number and ms, s, m or h, as in 30s, up to 24 days, got "30"',
      ],
      ["--canary=1 --for=0s", "Invalid value for --for"],
      ["--canary=1 --for=999h", "Invalid value for --for"],
    ]
  ) {
    assertThrows(() => readArguments(["reload", "app.ts", ...words.split(" ")]), Error, reason);
  }
});

Deno.test("an invalid command line starts nothing and exits with 2", async () => {
  const { code, out, error } = await goer("start", "app.ts", "-dx2");
  assertEquals([code, out, error], [
    2,
    "",
    'goer: Unknown option "-x" in "-dx2"\nRun "goer help" for usage.\n',
  ]);
});

testInTurn("start -dw2 starts a daemon with two workers", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { listen: "text://127.0.0.1:${port}", onMessage() {} };`,
  );
  assertEquals((await app.command("start", "-dw2")).code, 0);
  assertEquals((await app.workers()).length, 2);
});
