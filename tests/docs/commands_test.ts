import { assertEquals } from "@std/assert";
import { readArguments } from "../../src/cli/arguments.ts";
import { files, read } from "../rules/sources.ts";
import { blocks, PAGES } from "./pages.ts";

/** The ways in which pages call the `goer` command. */
const PROGRAM = /^([\w./~-]+\/)?goer$|^@goer\/goer(\/cli)?$|^([\w./-]+\/)?mod\.ts$/;

/** A command line on a page, with its position. */
type Line = readonly [place: string, line: string];

/** Lines of shell blocks, inline code, and commands in service files. */
async function lines(): Promise<Line[]> {
  const found: Line[] = [];
  for (const { place, language, code } of blocks()) {
    if (language !== "sh") continue;
    found.push(...code.replaceAll("\\\n", " ").split("\n").map((line) => [place, line] as const));
  }
  for (const [path, text] of PAGES) {
    const prose = text.replaceAll(/^```[^]*?^```$/gm, "");
    found.push(...Array.from(prose.matchAll(/`([^`]+)`/g), ([, code]) => [path, code] as const));
  }
  for (const path of await files(".service")) {
    const commands = (await read(path)).matchAll(/^Exec\w+=(.*)/gm);
    found.push(...Array.from(commands, ([, command]) => [path, command] as const));
  }
  return found;
}

/** The words after the `goer` command, for each call in a line. */
function calls(line: string): string[][] {
  return line.replace(/ #.*/, "").split(/&&|\|\||[|;()]/).flatMap((command) => {
    // Brackets mark optional parts.
    const words = command.replaceAll(/[[\]"']/g, "").trim().split(/\s+/);
    const program = words.findLastIndex((word) => PROGRAM.test(word));
    const rest = words.slice(program + 1);
    return program < 0 || rest.length === 0 ? [] : [rest];
  });
}

Deno.test("every goer command line in the docs is valid", async () => {
  const wrong: string[] = [];
  let read = 0;
  for (const [place, line] of await lines()) {
    for (const words of calls(line)) {
      read++;
      try {
        readArguments(words);
      } catch (error) {
        wrong.push(`${place}: ${line}: ${(error as Error).message}`);
      }
    }
  }
  assertEquals(wrong, []);
  assertEquals(read > 40, true, `only ${read} command lines were found`);
});
