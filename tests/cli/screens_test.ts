/** The screens of commands as files: at 80 and 120 columns, and in a terminal that is too narrow. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { readArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { listText } from "../../src/cli/list.ts";
import { daemonText } from "../../src/cli/start.ts";
import { helpText } from "../../src/cli/usage.ts";
import { UsageError } from "../../src/cli/words.ts";
import { wrapLines } from "../../src/cli/wrap.ts";
import { isForPerson, wantsColours } from "../../src/runtime/process/terminal.ts";
import { styleOf } from "../../src/supervisor/output/style.ts";
import { terminalLines } from "../../src/supervisor/output/terminal_lines.ts";
import { VERSION } from "../../src/version.ts";
import { assertGolden } from "./golden.ts";
import { REPORT } from "./report.ts";

for (const width of [20, 80, 120]) {
  Deno.test(`the help of each command fits ${width} columns`, async () => {
    const names = [undefined, ...Object.keys(COMMANDS)];
    const screens = names.map((name) => {
      const help = helpText(name, width);
      // Examples and commands are kept whole, so that they can be copied.
      const [text] = help.split("Examples:\n");
      const wide = text.split("\n").filter((line) => line.length > width && !/^ *\S+$/.test(line));
      if (width >= 80) assertEquals(wide.filter((line) => !line.includes("goer ")), []);
      return `$ goer help${name === undefined ? "" : ` ${name}`}\n${help}`;
    });
    await assertGolden(`help_${width}`, screens.join("\n").replace(VERSION, "VERSION"));
  });

  Deno.test(`the list of apps fits ${width} columns`, async () => {
    const apps = [
      { name: "app-12345678", pid: REPORT.pid, status: REPORT },
      { name: "chat-87654321", pid: 1234 },
    ];
    const screen = listText(apps, width);
    await assertGolden(`list_${width}`, screen);
    assert(screen.split("\n").every((line) => line.length <= width), screen);
  });
}

Deno.test("start --daemon says what runs, and where", async () => {
  await assertGolden("daemon", daemonText(REPORT));
});

Deno.test("logs show short times, and errors with the folded part dimmed", async () => {
  const lines = [
    "info supervisor: serving http://0.0.0.0:8080",
    "warn worker 7: the disk is nearly full",
    'error worker 8: onMessage of "shop" failed: Error: no such item',
    "error worker 8:     at find (file:///srv/shop/items.ts:12:9)",
    "error worker 8:     … 7 lines in Goer and the runtime",
    "debug worker 8: left: 3",
  ].map((line) => `2026-01-02T03:04:05.678Z ${line}\n`).join("");
  for (const colours of [false, true]) {
    const screen = terminalLines(`${lines}a line of another program\n`, styleOf(colours))
      .replaceAll("\x1b", "ESC").replaceAll(/\d\d:\d\d:05/g, "HH:MM:05");
    await assertGolden(colours ? "logs_colours" : "logs", screen);
  }
});

Deno.test("errors of a command line say what is wrong, and what was probably meant", async () => {
  const wrong = [
    ["strat", "app.ts"],
    ["start", "app.ts", "--worker", "2"],
    ["start", "app.ts", "--wrokers", "2"],
    ["start", "app.ts", "--workers", "many"],
    ["start", "app.ts", "--port", "http"],
    ["start", "app.ts", "--listen", "tcp://:80", "--port", "80"],
    ["stop", "app.ts", "--daemon"],
    ["start", "one.ts", "two.ts"],
    ["logs", "app.ts", "--level", "loud"],
    ["reload", "app.ts", "--for", "5"],
    ["connections", "app.ts", "--state", "new"],
  ].map((words) => {
    const { message } = assertThrows(() => readArguments(words), UsageError);
    return `$ goer ${words.join(" ")}\ngoer: ${message}\n`;
  });
  await assertGolden("errors", wrong.join("\n"));
});

Deno.test("wrapLines keeps every word, and lines that fit", () => {
  const text = helpText("start");
  assertEquals(wrapLines(text, Infinity), text);
  for (const width of [1, 20, 40, 79]) {
    const words = (one: string) => one.split(/\s+/).filter(Boolean);
    assertEquals(words(wrapLines(text, width)), words(text));
  }
});

Deno.test("NO_COLOR, FORCE_COLOR, TERM and CI decide about colours and live output", () => {
  const cases: [Record<string, string>, terminal: boolean, colours: boolean, person: boolean][] = [
    [{}, true, true, true],
    [{}, false, false, false],
    [{ NO_COLOR: "1" }, true, false, true],
    [{ NO_COLOR: "" }, true, true, true],
    [{ FORCE_COLOR: "1" }, false, true, false],
    [{ FORCE_COLOR: "0" }, true, false, true],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true, false],
    [{ TERM: "dumb" }, true, false, false],
    [{ CI: "true" }, true, true, false],
    [{ CI: "false" }, true, true, true],
  ];
  for (const [environment, terminal, colours, person] of cases) {
    const decided = [wantsColours(environment, terminal), isForPerson(environment, terminal)];
    assertEquals([environment, terminal, ...decided], [environment, terminal, colours, person]);
  }
});
