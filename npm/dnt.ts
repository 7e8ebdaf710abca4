/**
 * Builds the npm package with [dnt](https://github.com/denoland/dnt) into `dist/npm`. dnt comes
 * from JSR. `tests/npm/package_test.ts` checks this package like the bundle.
 *
 * Differences from the bundle: the modules stay separate, in `esm`, and their libraries are
 * dependencies of the package, including the clients of Redis and NATS.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { ROOT, VERSIONS } from "../tests/tools.ts";
import { complete, type Layout, manifest } from "./build.ts";

/** The layout of dnt. It has its own folder, because executables are made from the bundle's. */
export const LAYOUT: Layout = {
  folder: `${ROOT}dist/npm/`,
  scripts: "./esm/",
  command: "esm/src/runtime/program/goer.js",
  fromCommand: "../../../",
};

/** The used part of dnt. Its own types cannot be checked if JSR is not reachable. */
interface Dnt {
  build(options: Record<string, unknown>): Promise<void>;
}

/** Builds the package. */
async function build(): Promise<void> {
  const dnt: Dnt = await import(`jsr:@deno/dnt@${VERSIONS.dnt}`);
  await Deno.remove(LAYOUT.folder, { recursive: true }).catch(() => {});
  await dnt.build({
    entryPoints: Object.entries(config.exports).map(([name, path]) => ({ name, path })),
    outDir: LAYOUT.folder,
    package: manifest(LAYOUT), // dnt adds the dependencies.
    compilerOptions: { target: "ES2022", lib: ["ESNext", "DOM", "DOM.Iterable"] },
    declaration: "separate",
    scriptModule: false,
    shims: {}, // Only `src/runtime` names a runtime, and it asks which one it is in.
    skipSourceOutput: true,
    test: false,
    typeCheck: false, // The gate has checked them.
  });
  await complete(LAYOUT);
}

if (import.meta.main) await build();
