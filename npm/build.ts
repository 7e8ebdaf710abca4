/**
 * Builds the npm package into `npm/dist`: JavaScript with `deno bundle`, declarations with
 * TypeScript, and the package's `package.json`. The exports are those of `deno.json`.
 *
 * `deno task npm:dnt` builds it with dnt, into another folder: see `dnt.ts`. It is a separate task,
 * so that the published package does not depend on which tools are reachable.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { ROOT } from "../tests/tools.ts";
import { librariesOf, licenses } from "./licenses.ts";

/** Where the package is built. */
export const DIST: string = `${ROOT}npm/dist/`;

/** The repository. */
export const REPOSITORY = "https://github.com/goer-js/goer";

/** The name of the package, on npm and JSR. */
const NAME = config.name;

/** The oldest versions that the package runs on. */
const ENGINES = { node: ">=20.19", bun: ">=1.2", deno: ">=2.8" };

/** The exports of the package, each with its script's path. */
export const SCRIPTS: readonly [name: string, path: string][] = Object.entries(config.exports)
  .map(([name, path]) => [name, path.replace(/\.ts$/, ".js")]);

/** The layout of a package. */
export interface Layout {
  /** The folder of the package. */
  folder: string;
  /** The folder of its scripts in the package, usually `./`. */
  scripts: string;
  /**
   * The script of the command in the package: `src/runtime/program/launch.ts` looks for it next to
   * its own script.
   */
  command: string;
  /** The folder of the scripts, relative to the command. */
  fromCommand: string;
}

/** The layout of the bundle. */
const BUNDLE: Layout = { folder: DIST, scripts: "./", command: "goer.js", fromCommand: "./" };

/** `cli.ts` runs by itself only as the main module, which Node 20 cannot detect. */
function commandScript({ fromCommand }: Layout): string {
  const modules = SCRIPTS.map(([name, path]) =>
    `    "${name}": import.meta.resolve("${fromCommand}${path.slice(2)}"),\n`
  );
  return `#!/usr/bin/env node
import { main } from "${fromCommand}cli.js";

await main({
  modules: {
${modules.join("")}  },
});
`;
}

/** Bundles every export with its libraries. Shared code goes into chunks. */
async function bundle(): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--no-check",
      "--packages=bundle",
      "--code-splitting",
      "--platform=deno",
      `--outdir=${DIST}`,
      ...Object.values(config.exports),
    ],
    cwd: ROOT,
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot bundle: ${new TextDecoder().decode(stderr)}`);
  const libraries: string[] = [];
  const texts = new Map<string, string>();
  for await (const path of scripts(DIST)) {
    // The bundler names each library file by its path in this machine's cache.
    const script = await Deno.readTextFile(path);
    libraries.push(...librariesOf(script).map((folder) => ROOT + folder));
    const named = script.replaceAll(/^(\/\/ | +")\.\.\/.*?\/npm\/[^/]+\//gm, "$1npm:");
    texts.set(path, named);
  }
  const others = await licenses(libraries);
  await Deno.writeTextFile(`${DIST}THIRD_PARTY_LICENSES`, others);
  // `goer licenses` prints these if there is no such file, as in executables.
  const all = JSON.stringify(`${await Deno.readTextFile(`${ROOT}LICENSE`)}\n${others}`);
  for (const [path, text] of texts) {
    await Deno.writeTextFile(path, text.replace('"@LICENSES@"', () => all));
  }
}

/** The JavaScript files below `folder`. */
export async function* scripts(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = folder + entry.name;
    if (entry.isDirectory) yield* scripts(`${path}/`);
    else if (path.endsWith(".js")) yield path;
  }
}

/** Emits the declarations of every export and of all modules that they import. */
async function declare(): Promise<void> {
  // It takes half a second to load, and tests that find the package built do without.
  const { default: ts } = await import("typescript");
  const program = ts.createProgram(Object.values(config.exports).map((path) => ROOT + path), {
    allowImportingTsExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noCheck: true, // The gate has checked them.
    outDir: `${DIST}types`,
    rootDir: ROOT,
    strict: true,
    target: ts.ScriptTarget.ESNext,
    types: [],
  });
  const declarations: [string, string][] = [];
  program.emit(undefined, (path, text) => declarations.push([path, text]));
  for (const [path, text] of declarations) {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, withScriptExtensions(text));
  }
}

/** Relative imports of `.ts` files become imports of `.js` files. */
function withScriptExtensions(declaration: string): string {
  return declaration.replaceAll(/((?:from|import\()\s*"\.[^"]*)\.ts"/g, '$1.js"');
}

/** The `exports` of the package, with types first as TypeScript requires. */
function packageExports(scripts: string): Record<string, { types: string; default: string }> {
  const entries = SCRIPTS.map(([name, path]) => {
    const types = `./types/${path.slice(2).replace(/\.js$/, ".d.ts")}`;
    return [name, { types, default: scripts + path.slice(2) }];
  });
  return Object.fromEntries(entries);
}

/** The content of `package.json`. */
export function manifest({ scripts, command }: Layout): Record<string, unknown> {
  const exports = packageExports(scripts);
  return {
    name: NAME,
    version: config.version,
    description: "Socket servers for Deno, Bun and Node: one address, one protocol, a few handlers",
    keywords: ["socket", "server", "tcp", "udp", "tls", "websocket", "http", "deno", "bun", "node"],
    homepage: `${REPOSITORY}#readme`,
    bugs: `${REPOSITORY}/issues`,
    repository: { type: "git", url: `git+${REPOSITORY}.git` },
    author: "The Goer authors",
    license: config.license,
    type: "module",
    exports,
    types: exports["."].types,
    bin: { goer: command },
    engines: ENGINES,
    sideEffects: false,
  };
}

/** Writes the command and the files that every package has. */
export async function complete(layout: Layout): Promise<void> {
  const command = layout.folder + layout.command;
  await Deno.writeTextFile(command, commandScript(layout));
  await Deno.chmod(command, 0o755);
  await Deno.copyFile(`${ROOT}LICENSE`, `${layout.folder}LICENSE`);
  const readme = await Deno.readTextFile(`${ROOT}README.md`);
  await Deno.writeTextFile(`${layout.folder}README.md`, withAbsoluteLinks(readme));
}

/** npm shows a package's page outside of its repository, where relative links do not work. */
function withAbsoluteLinks(page: string): string {
  return page.replaceAll(/(\]\()(?![a-z]+:|#)/g, `$1${REPOSITORY}/blob/main/`);
}

/** Options of {@linkcode build}. */
export interface BuildOptions {
  /** Emits declarations, too: they take most of the time. @default true */
  types?: boolean;
}

/** Builds the package. */
export async function build({ types = true }: BuildOptions = {}): Promise<void> {
  await Deno.remove(DIST, { recursive: true }).catch(() => {});
  await bundle();
  if (types) await declare();
  const description = JSON.stringify(manifest(BUNDLE), undefined, 2);
  await Deno.writeTextFile(`${DIST}package.json`, `${description}\n`);
  await complete(BUNDLE);
}

/** The files from which the package is built. */
const SOURCES = ["README.md", "deno.json", "mod.ts", "cli.ts", "npm/build.ts", "src", "protocols"];

/** Builds the package, unless it is newer than all its sources. */
export async function buildIfStale({ types = false }: BuildOptions = {}): Promise<void> {
  const sources = await newest(SOURCES.map((path) => ROOT + path));
  const built = [`${DIST}package.json`, ...types ? [`${DIST}types`] : []];
  const times = await Promise.all(built.map((path) => newest([path])));
  if (Math.min(...times) > sources) return;
  await build({ types });
}

/** The newest modification below `paths`, in ms since 1970. */
async function newest(paths: string[]): Promise<number> {
  const times = await Promise.all(paths.map(async (path) => {
    const info = await Deno.stat(path).catch(() => undefined);
    if (info === undefined) return 0;
    if (!info.isDirectory) return info.mtime?.getTime() ?? 0;
    const entries = await Array.fromAsync(Deno.readDir(path));
    return await newest(entries.map((entry) => `${path}/${entry.name}`));
  }));
  return Math.max(0, ...times);
}

if (import.meta.main) await build();
