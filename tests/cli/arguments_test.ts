import { assertEquals, assertThrows } from "@std/assert";
import { readArguments } from "../../src/cli/arguments.ts";
import { App, freePort } from "../supervisor/app.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { goer } from "./goer.ts";

/** What `goer start app.ts` reads of these words. */
function started(words: string) {
  const { workers, daemon, operand } = readArguments(["start", ...words.split(" "), "app.ts"]);
  assertEquals(operand, "app.ts");
  return { workers, daemon };
}

Deno.test("letters may share a word, of which the last may have a value", () => {
  for (
    const words of ["-dw2", "-d -w2", "-d -w 2", "-dw 2", "-dw=2", "-w=2 -d", "-d --workers=2"]
  ) {
    assertEquals([words, started(words)], [words, { workers: 2, daemon: true }]);
  }
  for (const words of ["-w2", "-w=2", "-w 2", "--workers=2", "--workers 2"]) {
    assertEquals([words, started(words)], [words, { workers: 2, daemon: false }]);
  }
  assertEquals(readArguments(["-dw2", "start", "app.ts"]).workers, 2);
  assertEquals(readArguments(["start", "-dw2", "--", "-app.ts"]).operand, "-app.ts");
  assertEquals(readArguments(["start", "1.0"]).operand, "1.0");
});

Deno.test("a list may be given in parts", () => {
  const { include } = readArguments(["compile", "app.ts", "--include=a,b", "--include", "c"]);
  assertEquals(include, ["a", "b", "c"]);
});

/** What is refused, and what has to be said of it. */
const REFUSED: Record<string, string> = {
  "-w": "-w has no value",
  "-dw": "-w has no value",
  "--workers=": "--workers has no value",
  "-w=": "-w has no value",
  "-w -d": "-w has no value: if it is -d, write -w=-d",
  "--workers --daemon": "--workers has no value: if it is --daemon, write --workers=--daemon",
  "-w -2": "-w has no value: if it is -2, write -w=-2",
  "-w=-2": "--workers has to be a whole number from 1 to 1024, not -2",
  "-w2d": "--workers has to be a whole number from 1 to 1024, not 2d",
  "-w0": "--workers has to be a whole number from 1 to 1024, not 0",
  "-w 1.5": "--workers has to be a whole number from 1 to 1024, not 1.5",
  "--workers two": "--workers has to be a whole number from 1 to 1024, not two",
  "-w 2 -w 3": "--workers stands twice: 2 and 3",
  "--workers=2 -w2": "--workers stands twice: 2 and 2",
  "-d=false": "-d takes no value, not false: leave it out to turn it off",
  "--daemon=yes": "--daemon takes no value, not yes: leave it out to turn it off",
  "-d2": "there is no option -2 in -d2",
  "-dx": "there is no option -x in -dx",
  "-x": "there is no option -x",
  "-": "there is no option -",
  "-daemon": "there is no option -a in -daemon: did you mean --daemon?",
  "--worker 2": "there is no option --worker: did you mean --workers?",
  "--Daemon": "there is no option --Daemon: did you mean --daemon?",
  "--no-daemon": "there is no option --no-daemon",
  "--toString": "there is no option --toString",
  "--start-timeout=1e3": "--start-timeout has to be a whole number",
  "--runtime=nodejs": "--runtime has to be one of deno, bun, node, not nodejs",
};

Deno.test("what cannot be meant is refused, and says why", () => {
  for (const [words, reason] of Object.entries(REFUSED)) {
    assertThrows(() => readArguments(["start", "app.ts", ...words.split(" ")]), Error, reason);
  }
  assertThrows(() => readArguments(["strat"]), Error, "no command strat: did you mean start?");
});

Deno.test("a command line that is refused starts nothing, and exits with 2", async () => {
  const { code, out, error } = await goer("start", "app.ts", "-dx2");
  assertEquals([code, out, error], [
    2,
    "",
    "goer: there is no option -x in -dx2 (goer help says more)\n",
  ]);
});

testOnEach("start -dw2 starts a daemon of two workers", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { listen: "text://127.0.0.1:${port}", onMessage() {} };`,
  );
  assertEquals((await app.command("start", "-dw2")).code, 0);
  assertEquals((await app.workers()).length, 2);
});
