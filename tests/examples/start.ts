/**
 * Starts examples with the command, under each runtime.
 *
 * @module
 */

import { bundle } from "../helpers/bundled.ts";
import type { Runtime } from "../helpers/runtimes.ts";
import { App } from "../supervisor/app.ts";
import { ROOT } from "../tools.ts";

/** Starts an example, with the words of `goer start` that follow. */
export async function start(
  runtime: Runtime,
  name: string,
  environment: Record<string, string>,
  ...words: string[]
): Promise<App> {
  const example = `examples/${name}.ts`;
  const module = runtime.name === "deno" ? ROOT + example : `${await bundle(example)}${name}.js`;
  const app = await App.write(runtime, `export { default } from ${JSON.stringify(module)};`);
  app.options = { environment };
  await app.start(...words);
  return app;
}
