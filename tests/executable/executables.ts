/**
 * The executables of the `goer` command, compiled once, and apps that use them.
 *
 * `deno compile` downloads the base of an executable from Deno's site. If that is not reachable,
 * set `DENORT_BIN` to such a file, and `COMPILE_DENO` to the Deno of the same version. Without
 * them, the tests of this executable are skipped.
 *
 * @module
 */

import { buildIfStale, DIST } from "../../npm/build.ts";
import { compile } from "../../npm/compile.ts";
import { type Printed, run } from "../cli/goer.ts";
import type { StatusReport } from "../../src/supervisor/workers/status.ts";
import { inTurn } from "../helpers/runtimes.ts";
import { request, stopNow } from "../helpers/supervisor_request.ts";
import { inTime } from "../helpers/wait.ts";
import { installBun, ROOT } from "../tools.ts";

/** Where executables are kept. */
const FOLDER = `${ROOT}.goer/executables/`;

/** An executable, and how to get it. */
export interface Executable {
  /** The runtime in it. */
  readonly name: "bun" | "deno";
  /** Compiles it if necessary; returns its path. */
  path(): Promise<string>;
  /** Why it is not available here. */
  readonly missing?: string;
}

const compileDeno = Deno.env.get("DENORT_BIN") && Deno.env.get("COMPILE_DENO");

/** The executables. */
export const EXECUTABLES: readonly Executable[] = [
  { name: "bun", path: () => compiled("bun") },
  {
    name: "deno",
    path: () => compiled("deno", compileDeno),
    missing: compileDeno ? undefined : "DENORT_BIN and COMPILE_DENO are not set",
  },
];

/** Options of {@linkcode testOnExecutables}. */
export interface TestOptions {
  /** The executable to test. @default both */
  only?: Executable["name"];
  /** Tests one executable, and the next one with the next test: see {@linkcode inTurn}. */
  inTurn?: boolean;
  /** Why the test cannot run on this machine, if so. */
  skip?: string;
}

/** Registers one test for each executable. */
export function testOnExecutables(
  name: string,
  body: (executable: Executable) => Promise<void>,
  { only, inTurn: takesTurns = false, skip }: TestOptions = {},
): void {
  for (const executable of takesTurns ? inTurn(EXECUTABLES) : EXECUTABLES) {
    if (only !== undefined && executable.name !== only) continue;
    const reason = executable.missing ?? skip;
    Deno.test({
      name: `the ${executable.name} executable: ${name}${reason ? ` (skipped: ${reason})` : ""}`,
      ignore: reason !== undefined,
      fn: () => body(executable),
    });
  }
}

async function compiled(by: "bun" | "deno", compiler?: string): Promise<string> {
  await buildIfStale();
  await Deno.mkdir(FOLDER, { recursive: true });
  // Files of tests run side by side, and compiling uses one folder.
  using lock = await Deno.open(`${FOLDER}lock`, { create: true, write: true });
  await lock.lock(true);
  const output = `${FOLDER}goer-${by}`;
  const age = (path: string) => Deno.stat(path).then(({ mtime }) => mtime!.getTime(), () => 0);
  const made = await Promise.all([`${DIST}package.json`, `${ROOT}npm/compile.ts`].map(age));
  if (await age(output) > Math.max(...made)) return output;
  if (by === "bun") await installBun();
  return await compile({ by, output, compiler });
}

/** An app in a folder of its own; `await using` stops it and removes the folder. */
export class App implements AsyncDisposable {
  /** Variables for every command. */
  env: Record<string, string> = {};

  /**
   * @param folder The folder, which is removed at the end.
   * @param program The words before a command.
   * @param app The app's file, if it is not compiled into the program.
   */
  constructor(
    readonly folder: string,
    readonly program: string[],
    readonly app: string[],
  ) {}

  /** Writes the app's modules, by their names. The first is the app. */
  static async write(program: string, modules: Record<string, string>): Promise<App> {
    const folder = await Deno.makeTempDir({ prefix: "goer-app" });
    for (const [name, text] of Object.entries(modules)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    return new App(folder, [program], [`${folder}/${Object.keys(modules)[0]}`]);
  }

  /** An app that is compiled into its program. */
  static async compiled(program: string): Promise<App> {
    return new App(await Deno.makeTempDir({ prefix: "goer-app" }), [program], []);
  }

  /** Runs a command to its end. */
  async command(words: string[], env: Record<string, string> = {}): Promise<Printed> {
    const [command, ...options] = words;
    const all = [command, ...this.app, `--runtime-dir=${this.folder}/run`, ...options];
    return await run([...this.program, ...all], { cwd: this.folder, env: { ...this.env, ...env } });
  }

  /** Starts the app in the background, and throws if that fails. */
  async start(options: string[] = [], env: Record<string, string> = {}): Promise<void> {
    const { code, out, error } = await this.command(["start", "--daemon", ...options], env);
    if (code !== 0) throw new Error(`exit code ${code}: ${out}${error}${await this.log()}`);
  }

  /** The report of `status`. */
  async status(): Promise<StatusReport> {
    return (await request(`${this.folder}/run`, "status")).data as StatusReport;
  }

  /** The port of the first service. */
  async port(): Promise<number> {
    return Number(new URL((await this.status()).services[0].address).port);
  }

  /** Sends a line to the first service, and returns the reply. */
  async ask(line: string, lines = 1): Promise<string> {
    return await ask(await this.port(), line, lines);
  }

  /** What it has logged. */
  async log(): Promise<string> {
    return await Deno.readTextFile(`${this.folder}/run/goer.log`).catch(() => "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopNow(`${this.folder}/run`);
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Sends a line over a new connection, and returns the lines of the reply. */
export async function ask(port: number, line: string, lines = 1): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${line}\n`));
  const buffer = new Uint8Array(1024);
  let text = "";
  while (text.split("\n").length <= lines) {
    const count = await inTime(connection.read(buffer), "An answer");
    if (count === null) throw new Error("the connection has ended");
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text.trimEnd();
}
