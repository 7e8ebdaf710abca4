/**
 * Builds the npm package by [dnt](https://github.com/denoland/dnt) into `dist/npm`. dnt comes from
 * JSR. `tests/npm/package_test.ts` checks this package as it checks the bundle.
 *
 * What differs from the bundle: the modules stay apart, in `esm`, and the libraries that they import
 * are dependencies of the package, the clients of Redis and NATS, too.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { ROOT, VERSIONS } from "../tests/tools.ts";
import { complete, type Layout, manifest } from "./build.ts";

/** The layout of dnt. Its folder is not the bundle's: executables are made of that. */
export const LAYOUT: Layout = {
  folder: `${ROOT}dist/npm/`,
  scripts: "./esm/",
  command: "esm/src/runtime/program/goer.js",
  fromCommand: "../../../",
};

/** What is used of dnt. Its own types cannot be checked where JSR cannot be reached. */
interface Dnt {
  build(options: Record<string, unknown>): Promise<void>;
}

/** Builds the package anew. */
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
