import { assertEquals, assertStringIncludes } from "@std/assert";
import { capabilitiesOf } from "../helpers/capabilities.ts";
import { type Runtime, testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { namesIn } from "../helpers/unix_sockets.ts";
import { App, askOnce, freePort } from "./app.ts";

/** Characters with a meaning in a URL, in a shell or on a terminal. */
const AWKWARD = `a #1 %41 %zz 'q" ü $(x) {b}[c]*\n`;

const ALL = ["?", "\\"];

function named(runtime: Runtime): string {
  const { unimportable } = capabilitiesOf(runtime);
  const more = ALL.filter((one) => !unimportable.includes(one)).join("");
  return `${AWKWARD}${more}/${AWKWARD}${more}.mjs`;
}

function answering(port: number, answer: string): string {
  return `{ listen: "text://127.0.0.1:${port}", stopTimeout: 1000,
    onMessage: (connection) => void connection.send("${answer}") }`;
}

testOnEach("an app can have any path", async (runtime) => {
  const port = freePort();
  const source = (answer: string) => `export default ${answering(port, answer)};`;
  await using app = await App.write(runtime, source("1"), named(runtime));
  await app.start();
  assertEquals(await askOnce(port, "x"), "1");
  assertEquals((await app.ask("reload")).ok, true);
  for (const command of ["upgrade", "restart"]) {
    await app.rewrite(source(command));
    const { code, error } = await app.command(command);
    assertEquals([command, code, error], [command, 0, ""]);
    assertEquals(await askOnce(port, "x"), command);
  }
  assertEquals((await app.status()).app, app.module);
  await app.stop();
});

testInTurn("an app that is its own command can have any path", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, "", named(runtime));
  await app.rewrite(`import { Goer } from "${app.goer}";
    const { listen, ...options } = ${answering(port, "own")};
    await new Goer(listen, options).runAll();`);
  for (const command of [["start", "-d"], ["upgrade"], ["stop"]]) {
    const { code, error } = await app.run(app.ownWords(command[0], ...command.slice(1)));
    assertEquals([command, code, error], [command, 0, ""]);
    if (command[0] !== "stop") assertEquals(await askOnce(port, "x"), "own");
  }
});

testOnEach("a path that the runtime cannot import is refused at the start", async (runtime) => {
  for (const character of capabilitiesOf(runtime).unimportable) {
    for (const path of [`a${character}b.mjs`, `a${character}b/app.mjs`]) {
      await using app = await App.write(runtime, "", path);
      const { code, error } = await app.command("start");
      assertEquals([path, code], [path, 1]);
      assertStringIncludes(error, `must not contain "${character}"`);
      assertEquals((await namesIn(app.folder)).includes("run"), false);
    }
  }
});
