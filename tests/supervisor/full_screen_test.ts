/** Commands that fill the terminal, and restore it. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { keysIn } from "../../src/runtime/process/full_screen.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, ask, freePort } from "./app.ts";
import { inTerminal, type Running } from "./processes.ts";

const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** Waits until a screen was drawn `count` times. */
async function drawn(terminal: Running, count: number): Promise<void> {
  const seen = () => Promise.resolve(terminal.output.split("\x1b[H").length > count);
  await until(`screen ${count}`, seen);
}

/** The last screen, without codes. */
function lastScreen({ output }: Running): string[] {
  const last = output.slice(output.lastIndexOf("\x1b[H"));
  // deno-lint-ignore no-control-regex -- these are the codes of a terminal
  return last.replaceAll(/\x1b\[[?0-9;]*[A-Za-z]/g, "").split("\r\n");
}

/** Waits until the last screen shows a text. */
async function shows(terminal: Running, text: string): Promise<void> {
  await until(text, () => Promise.resolve(lastScreen(terminal).join("\n").includes(text)));
}

testOnEach("--watch and top fill the terminal, and restores it at any end", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default { name: "shop", listen: "text://127.0.0.1:${port}",
       onMessage: (connection, message) => connection.send(message) };`,
  );
  await app.start();
  const peer = await Deno.connect({ port });
  await ask(peer, "hello");

  await using connections = inTerminal(app.words("connections", "--watch"), 80, 10);
  await drawn(connections, 2);
  const screen = lastScreen(connections);
  assertEquals(screen.length, 10, screen.join("\n"));
  assertStringIncludes(screen[1], "shop");
  assertEquals(screen[9].trim(), "q quits. Refreshed every second");
  await connections.press("q");
  assertEquals(await connections.ended(), 0);
  // Deno writes codes of its own before.
  assertStringIncludes(connections.output, ENTER);
  assert(connections.output.endsWith(LEAVE), "it leaves the full screen");
  const own = connections.output.slice(connections.output.indexOf(ENTER));
  assert(!own.includes("\x1b[2J"), "it does not clear the terminal");

  await using top = inTerminal(app.words("top"));
  await drawn(top, 2);
  assertEquals(lastScreen(top).length, 24);
  assertEquals(lastScreen(top)[23].trim(), "q quit  r reload  ↑↓ select  Enter inspect");
  await top.press("\x1b[B\x1b[B\r");
  await shows(top, "protocol  text");
  await top.press("\x1br");
  await shows(top, "Reload the app?");
  await top.press("y");
  await shows(top, "reloaded");
  // The first process is the terminal.
  const [child] = (await Deno.readTextFile(`/proc/${top.pid}/task/${top.pid}/children`)).split(" ");
  Deno.kill(Number(child), "SIGTERM");
  assertEquals(await top.ended(), 143);
  assert(top.output.includes(LEAVE), "it leaves the full screen");

  await using status = inTerminal(app.words("status", "--watch"), 20, 5);
  await drawn(status, 1);
  assertEquals(lastScreen(status)[4].trim(), "q quits. Refreshed every second");
  peer.close();
  await app.ask("stop", true);
  assertEquals(await status.ended(), 3);
  assertStringIncludes(status.output, LEAVE);
});

Deno.test("keysIn separates characters from the codes of special keys", () => {
  assertEquals(keysIn("qé\x1b[A\x1bOB\x1b[5~\r"), ["q", "é", "\x1b[A", "\x1bOB", "\x1b[5~", "\r"]);
  assertEquals(keysIn("\x1b\x03"), ["\x1b", "\x03"]);
});
