/** The code of the page about CPU-bound work, on each runtime. */

import { assertEquals } from "@std/assert";
import ts from "typescript";
import config from "../../deno.json" with { type: "json" };
import { type Runtime, testInTurn } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { App, freePort } from "../supervisor/app.ts";
import { npmInstall } from "../tools.ts";
import { blocks } from "./pages.ts";

const CODE = new Map(
  blocks(/^docs\/cpu-bound\.md$/).flatMap(({ language, code }) => {
    const [, name] = /title=(\S+)/.exec(language) ?? [];
    return name === undefined ? [] : [[name, code] as const];
  }),
);

/** Starts the page's app at a port of its own. */
async function start(runtime: Runtime, port: number): Promise<App> {
  const app = await App.write(runtime, "");
  // Node 20 does not run TypeScript.
  const { outputText } = ts.transpileModule(CODE.get("app.ts")!, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  });
  await app.rewrite(
    outputText.replace("127.0.0.1:8080", `127.0.0.1:${port}`).replace("@goer/goer", app.goer),
  );
  await Deno.writeTextFile(`${app.folder}/package.json`, `{ "type": "module" }`);
  await Deno.writeTextFile(`${app.folder}/count_primes.js`, CODE.get("count_primes.js")!);
  if (runtime.name !== "deno") {
    await npmInstall(app.folder, [config.imports.piscina.slice("npm:".length)]);
  }
  await app.start();
  return app;
}

testInTurn("threads compute for a service, and a reload waits for them", async (runtime) => {
  const port = freePort();
  await using app = await start(runtime, port);
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, {
      headers: { Connection: "close" },
    });
    return [response.status, await response.text()];
  };
  assertEquals(await ask("100"), [200, "25"]);
  assertEquals((await ask("many"))[0], 400);
  const long = Promise.all(Array.from({ length: 4 }, () => ask("20000000")));
  await until("the work", async () => {
    const { workers } = await app.status();
    return workers.some(({ statistics }) => (statistics?.connections ?? 0) > 0);
  });
  assertEquals((await app.command("reload")).code, 0);
  assertEquals(await long, Array.from({ length: 4 }, () => [200, "1270607"]));
  assertEquals(await ask("100"), [200, "25"]);
  await until("the end of the old workers", async () => {
    return (await app.status()).workers.every(({ generation }) => generation === 2);
  });
});
