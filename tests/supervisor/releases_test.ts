import { assertEquals } from "@std/assert";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, askOnce, freePort, goerCommand } from "./app.ts";

function answering(port: number, answer: string): string {
  return `export default { listen: "text://127.0.0.1:${port}", stopTimeout: 1000,
    onMessage: (connection) => void connection.send("${answer}") };`;
}

testInTurn("an app started through a linked folder follows the link", async (runtime) => {
  const port = freePort();
  await using app = await App.write(runtime, answering(port, "1"), "1/app.mjs");
  const { folder } = app;
  await Deno.symlink("1", `${folder}/current`);
  /** As if entered in the linked folder. */
  const goer = async (command: string, ...words: string[]) => {
    const line = [...goerCommand(runtime), command, "app.mjs", `--runtime-dir=${folder}/run`];
    const script = 'cd "$0" && exec "$@"';
    const { code, error } = await app.run([
      "sh",
      "-c",
      script,
      `${folder}/current`,
      ...line,
      ...words,
    ]);
    assertEquals([command, code, error], [command, 0, ""]);
  };
  await goer("start", "--daemon");
  assertEquals(await askOnce(port, "x"), "1");
  for (const [release, command] of [["2", "reload"], ["3", "upgrade"], ["4", "restart"]]) {
    await Deno.mkdir(`${folder}/${release}`);
    await Deno.writeTextFile(`${folder}/${release}/app.mjs`, answering(port, release));
    const before = await Deno.readLink(`${folder}/current`);
    await Deno.remove(`${folder}/current`);
    await Deno.symlink(release, `${folder}/current`);
    await Deno.remove(`${folder}/${before}`, { recursive: true });
    await goer(command);
    assertEquals(await askOnce(port, "x"), release);
  }
});
