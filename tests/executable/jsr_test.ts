import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { run } from "../cli/goer.ts";
import { App } from "./executables.ts";
import { fetchedApart, startRegistry } from "./jsr_registry.ts";

const SOURCE = `import { Goer } from "@goer/goer";
export default new Goer("text://127.0.0.1:0", {
  onMessage: (connection, line) => void connection.send(line),
});`;

Deno.test("an app with the package on JSR is upgraded to the version that deno.json now names", async () => {
  await using registry = await startRegistry();
  const folder = await Deno.makeTempDir({ prefix: "goer-jsr" });
  const env = { JSR_URL: registry.url, ...await fetchedApart(`${folder}/deno`) };
  const deno = (...words: string[]) => run([Deno.execPath(), ...words], { cwd: folder, env });
  await using app = new App(
    folder,
    [Deno.execPath(), "run", "-A", "--quiet", "@goer/goer/cli"],
    ["app.ts"],
  );
  await Deno.writeTextFile(`${folder}/app.ts`, SOURCE);
  assertEquals((await deno("add", "jsr:@goer/goer")).code, 0);
  app.env = env;
  await app.start();
  assertEquals((await app.status()).version, config.version);

  await registry.publish("0.9.9");
  assertEquals((await deno("add", "jsr:@goer/goer@0.9.9")).code, 0);
  const { code, error } = await app.command(["upgrade"]);
  assertEquals([code, error], [0, ""]);
  assertEquals((await app.status()).version, "0.9.9");
  assertEquals(await app.ask("still"), "still");
});
