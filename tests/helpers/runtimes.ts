/**
 * The runtimes on which fixture apps run. Deno runs the TypeScript sources. Bun and Node run the
 * npm build, with the app compiled to JavaScript.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { buildIfStale } from "../../npm/build.ts";
import { findBun, ROOT, which } from "../tools.ts";

/** Names of runtimes. */
export type RuntimeName = "deno" | "bun" | "node";

/** A runtime to start apps under. */
export interface Runtime {
  /** Which one it is. */
  readonly name: RuntimeName;
  /** The executable file. */
  readonly path: string;
  /** The whole command that runs `app`, a TypeScript file of the repository, with `args`. */
  command(app: string, ...args: string[]): Promise<string[]>;
}

/** The folder of compiled apps, in which they find the npm build by name. */
const APPS = `${ROOT}.goer/apps/`;

/** The runtime of the tests themselves. */
const deno: Runtime = {
  name: "deno",
  path: Deno.execPath(),
  command: (app, ...args) =>
    Promise.resolve([
      Deno.execPath(),
      "run",
      "--allow-all",
      "--no-check",
      `--config=${ROOT}deno.json`,
      ROOT + app,
      ...args,
    ]),
};

/** A runtime for JavaScript: Bun (which should run the npm package) and Node. */
function scriptRuntime(name: RuntimeName, path: string): Runtime {
  return { name, path, command: async (app, ...args) => [path, await translated(app), ...args] };
}

/** All runtimes found on this machine. */
export const RUNTIMES: readonly Runtime[] = await findRuntimes();

/** Finds the runtimes. Deno is always available. */
async function findRuntimes(): Promise<Runtime[]> {
  const [bun, node] = await Promise.all([findBun(), which("node")]);
  return [
    deno,
    ...bun === undefined ? [] : [scriptRuntime("bun", bun)],
    ...node === undefined ? [] : [scriptRuntime("node", node)],
  ];
}

/**
 * Registers one test for each runtime. A test that cannot run here is skipped, and its name says why.
 *
 * @param skip Why the test cannot run on this machine, if so.
 */
export function testOnEach(
  name: string,
  body: (runtime: Runtime, context: Deno.TestContext) => Promise<void>,
  skip?: string,
): void {
  for (const runtimeName of ["deno", "bun", "node"] as const) {
    const runtime = RUNTIMES.find((runtime) => runtime.name === runtimeName);
    const reason = runtime === undefined ? `there is no ${runtimeName}` : skip;
    Deno.test({
      name: `${runtimeName}: ${name}${reason === undefined ? "" : ` (skipped: ${reason})`}`,
      ignore: reason !== undefined,
      fn: (context) => body(runtime!, context),
    });
  }
}

/** Set by `deno task test --every-runtime`. */
export const EVERY_RUNTIME: boolean = Deno.env.get("EVERY_RUNTIME") === "1";

/** Whose turn is next. Files start with different ones. */
let turns = Deno.mainModule.length;

/**
 * What of `all` a test uses that need not use each of them, because starting processes takes most of
 * the time of the tests: the next one in turn. With `deno task test --every-runtime`, all of them.
 */
export function inTurn<T>(all: readonly T[]): readonly T[] {
  return EVERY_RUNTIME ? all : [all[turns++ % all.length]];
}

/**
 * Registers a test of what no runtime does differently. It runs on one of them, and the next test on
 * the next one: see {@linkcode inTurn}.
 *
 * @param skip Why the test cannot run on this machine, if so.
 */
export function testInTurn(
  name: string,
  body: (runtime: Runtime, context: Deno.TestContext) => Promise<void>,
  skip?: string,
): void {
  if (EVERY_RUNTIME) return testOnEach(name, body, skip);
  const [runtime] = inTurn(RUNTIMES);
  Deno.test({
    name: `${runtime.name}: ${name}${skip === undefined ? "" : ` (skipped: ${skip})`}`,
    ignore: skip !== undefined,
    fn: (context) => body(runtime, context),
  });
}

/** The import of a module of this repository. */
const IMPORT = /from "(\.[^"]+\.ts)"/g;

/** Compiles an app to JavaScript that imports the npm build, and returns the new file's path. */
async function translated(app: string): Promise<string> {
  await buildIfStale();
  const { default: ts } = await import("typescript");
  await Deno.mkdir(`${APPS}node_modules/@goer`, { recursive: true });
  // A relative link, because a copy of this repository must test itself.
  await link("../../../../npm/dist", `${APPS}node_modules/${config.name}`);
  const { outputText } = ts.transpileModule(await Deno.readTextFile(ROOT + app), {
    fileName: app,
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  });
  const imported = new Map<string, string>();
  for (const [, specifier] of outputText.matchAll(IMPORT)) {
    const module = new URL(specifier, `file:///${app}`).pathname.slice(1);
    // What an app shares with others is beside it.
    const name = module.startsWith("tests/")
      ? `./${(await translated(module)).slice(APPS.length)}`
      : packageName(module);
    imported.set(specifier, name);
  }
  const script = outputText.replaceAll(
    IMPORT,
    (_, specifier) => `from "${imported.get(specifier)}"`,
  );
  const target = `${APPS}${app.replaceAll("/", "_").replace(/\.ts$/, "")}.mjs`;
  const temporary = `${target}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(temporary, script);
  await Deno.rename(temporary, target);
  return target;
}

/** Creates a symbolic link, replacing one with another target. */
async function link(target: string, path: string): Promise<void> {
  if (await Deno.readLink(path).catch(() => undefined) === target) return;
  await Deno.remove(path).catch(() => {});
  await Deno.symlink(target, path).catch(() => {}); // Another process may have created it meanwhile.
}

/** The export name of a module in the npm package. */
function packageName(path: string): string {
  const found = Object.entries(config.exports).find(([, module]) => module === `./${path}`);
  if (found === undefined) throw new Error(`An app may import exported modules only, not ${path}`);
  return config.name + found[0].slice(1);
}
