/** Runs the commands that `goer init` prints, in a folder whose name has spaces and a quote. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { freePort } from "../supervisor/app.ts";
import { Running } from "../supervisor/processes.ts";
import { ROOT } from "../tools.ts";
import { packed, run } from "./project.ts";

/** The folder of the project. */
const NAME = "my first app, it's here";

/** What a shell runs on each runtime for `goer init`, before anything is installed. */
const INIT: Record<string, string> = {
  deno: `deno run -A '${ROOT}cli.ts' init`,
  bun: "bun scratch/node_modules/@goer/goer/goer.js init",
  node: `npx -y --package='file:${packed}' goer init`,
};

/** The first response of the service at `port`; empty if nothing listens. */
async function greeting(port: number): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
  if (connection === undefined) return "";
  const bytes = new Uint8Array(100);
  const size = await connection.read(bytes);
  connection.close();
  return new TextDecoder().decode(bytes.subarray(0, size ?? 0));
}

for (const { name, path } of RUNTIMES) {
  Deno.test(`the commands that goer init prints with ${name} start and stop the project`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "goer-init" });
    const bin = path.replace(/\/[^/]*$/, "");
    const env = { XDG_RUNTIME_DIR: folder, PATH: `${bin}:${Deno.env.get("PATH")}` };
    const shell = (script: string) => run("sh", ["-ec", script], folder, env);
    try {
      if (name === "bun") await shell(`mkdir scratch && cd scratch && bun add '${packed}'`);
      const printed = await shell(`${INIT[name]} "${NAME}"`);
      const lines = Array.from(printed.matchAll(/^ {2}(.+)$/gm), ([, line]) => line);
      const start = lines.pop()!;
      const port = await prepare(`${folder}/${NAME}`);
      await shell(lines.join("\n"));
      const command = `${lines[0]}\nexec ${start}`;
      await using running = new Running(["sh", "-ec", `cd '${folder}'\n${command}`], env);
      const readme = await Deno.readTextFile(`${folder}/${NAME}/README.md`);
      const [, stop] = /`(.+ stop \S+)`/.exec(readme)!;
      try {
        assertStringIncludes(readme, `\n${start}\n`);
        await running.printed("serving ");
        await until("a greeting", async () => (await greeting(port)).startsWith("Hello!"));
        const status = await shell(`${lines[0]}\n${start.replace(" start ", " status ")} --json`);
        assertStringIncludes(JSON.parse(status).runtime, name);
      } finally {
        await shell(`${lines[0]}\n${stop}`);
      }
      assertEquals(await running.ended(), 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Sets a free port and the unpublished package in the project; returns the port. */
async function prepare(project: string): Promise<number> {
  const port = freePort();
  for await (const { name } of Deno.readDir(project)) {
    const text = await Deno.readTextFile(`${project}/${name}`);
    const changed = text.replace(":8080", `:${port}`)
      .replace(/"@goer\/goer": "\^[\d.]+"/, `"@goer/goer": "file:${packed}"`);
    await Deno.writeTextFile(`${project}/${name}`, changed);
  }
  return port;
}
