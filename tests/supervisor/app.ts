/**
 * Apps that tests write, start and command, on each runtime.
 *
 * @module
 */

import { dirname } from "node:path";
import { buildIfStale } from "../../npm/build.ts";
import type { Runtime } from "../helpers/runtimes.ts";
import { Channel } from "../../src/supervisor/ipc/channel.ts";
import { CONTROL_MESSAGE } from "../../src/supervisor/ipc/message_shapes.ts";
import type { Command, CommandReply, ControlMessage } from "../../src/supervisor/ipc/messages.ts";
import type { StatusReport } from "../../src/supervisor/workers/status.ts";
import { ROOT } from "../tools.ts";
import { until } from "../helpers/wait.ts";
import { isAlive, type Printed, run, Running } from "./processes.ts";
import { StartedSupervisor } from "./started_supervisor.ts";

/** How a command is run. */
export interface CommandOptions {
  environment?: Record<string, string>;
  /** Deno's permissions, instead of all. */
  permissions?: string[];
  /** The current directory. */
  folder?: string;
}

/** An app in a folder of its own; `await using` stops it and removes the folder. */
export class App implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly folder: string;
  readonly #name: string;
  readonly #supervisors: StartedSupervisor[] = [];
  /** If changed, the next commands run like this. */
  options: CommandOptions = {};

  private constructor(runtime: Runtime, folder: string, name: string) {
    this.#runtime = runtime;
    this.folder = folder;
    this.#name = name;
  }

  /**
   * Writes an app with the module `source`.
   *
   * @param name The module's path in the folder.
   */
  static async write(runtime: Runtime, source: string, name = "app.mjs"): Promise<App> {
    if (runtime.name !== "deno") await buildIfStale();
    const app = new App(runtime, await Deno.makeTempDir(), name);
    await Deno.mkdir(dirname(app.module), { recursive: true });
    await app.rewrite(source);
    return app;
  }

  /** Replaces the app's code. */
  async rewrite(source: string): Promise<void> {
    await Deno.writeTextFile(this.module, source);
  }

  /** The path of the app's module. */
  get module(): string {
    return `${this.folder}/${this.#name}`;
  }

  /** The words of a command about this app, including the program. */
  words(command: string, ...words: string[]): string[] {
    const app = [this.module, `--runtime-dir=${this.folder}/run`];
    return [...goerCommand(this.#runtime, this.options), command, ...app, ...words];
  }

  /** The words of a command, for an app that is its own command. */
  ownWords(command: string, ...words: string[]): string[] {
    const [executable] = goerCommand(this.#runtime);
    const deno = ["run", "-A", "--no-check", `--config=${ROOT}deno.json`];
    const flags = this.#runtime.name === "deno" ? deno : [];
    const app = [this.module, command, `--runtime-dir=${this.folder}/run`];
    return [executable, ...flags, ...app, ...words];
  }

  /** The module from which the app imports Goer. */
  get goer(): string {
    return this.#runtime.name === "deno" ? `${ROOT}mod.ts` : `${ROOT}npm/dist/mod.js`;
  }

  /** Runs a command to its end. */
  async command(command: string, ...words: string[]): Promise<Printed> {
    return await this.run(this.words(command, ...words));
  }

  /** Runs a whole command line to its end. */
  async run(words: string[]): Promise<Printed> {
    return await run(words, this.options.environment, this.options.folder);
  }

  /** Runs a command that continues, such as a start in the foreground. */
  spawn(command: string, ...words: string[]): Running {
    return new Running(this.words(command, ...words), this.options.environment);
  }

  /** Queries the supervisor directly, which is faster than a command. */
  async ask(command: Command, now = false): Promise<CommandReply & { type: "outcome" }> {
    const { promise, resolve, reject } = Promise.withResolvers<
      CommandReply & { type: "outcome" }
    >();
    const channel = await Channel.connect<ControlMessage>(`${this.folder}/run/control.sock`, {
      accepts: CONTROL_MESSAGE,
      onMessage: (reply) => reply.type === "outcome" && resolve(reply),
      onClose: () => reject(new Error(`there is no answer to ${command}`)),
    });
    channel.send({ type: "command", command, now });
    return await promise.finally(() => channel.destroy());
  }

  /**
   * Starts the app in the background as `goer start --daemon` does, but without a process for that
   * command. Throws if that fails.
   */
  async start(...words: string[]): Promise<void> {
    const command = this.words("start", "--daemon", ...words);
    this.#supervisors.push(await StartedSupervisor.start(command, this.options));
  }

  /** Stops it as the command does, but without a process for that, and waits until it has ended. */
  async stop(): Promise<void> {
    const { pid } = await this.status();
    const { ok, text } = await this.ask("stop");
    if (!ok) throw new Error(`the app does not stop: ${text}`);
    await until("the end of the supervisor", () => Promise.resolve(!isAlive(pid)));
  }

  /** The report of `status`. */
  async status(): Promise<StatusReport> {
    return (await this.ask("status")).data as StatusReport;
  }

  /** The ids of the worker processes. */
  async workers(): Promise<number[]> {
    return (await this.status()).workers.map(({ pid }) => pid);
  }

  /** What it has logged. */
  async log(): Promise<string> {
    return await this.#read("run/goer.log");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = Number((await this.#read("run/goer.pid")).split("\n")[0]);
    await this.ask("stop", true).catch(() => {});
    if (pid > 0) await until("the end of the supervisor", () => Promise.resolve(!isAlive(pid)));
    for (const supervisor of this.#supervisors) await supervisor.ended();
    await Deno.remove(this.folder, { recursive: true });
  }

  #read(name: string): Promise<string> {
    return Deno.readTextFile(`${this.folder}/${name}`).catch(() => "");
  }
}

/** Settles when no process of an app is left, except an awaited command. */
export async function untilEnded(app: App, command?: { readonly pid: number }): Promise<void> {
  await until("the end of all processes", async () => {
    return (await familyOf(app)).every((one) => one === `${command?.pid} alive`);
  });
}

/** All processes of an app, including zombie children. */
export function familyOf({ folder }: App): Promise<string[]> {
  const alive = new Set<string>();
  const zombies: [pid: string, parent: string][] = [];
  // Tests call this many times: asynchronous reads of a few bytes each would cost much more.
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = readProcess(name, "cmdline") + readProcess(name, "environ");
    if (words.includes(folder)) alive.add(name);
    if (words !== "") continue;
    const status = readProcess(name, "status");
    if (/^State:\s+Z/m.test(status)) zombies.push([name, /^PPid:\s+(\d+)/m.exec(status)![1]]);
  }
  return Promise.resolve([
    ...[...alive].map((pid) => `${pid} alive`),
    ...zombies.filter(([, parent]) => alive.has(parent)).map(([pid]) => `${pid} zombie`),
  ]);
}

/** What the system says about a process; empty if it has ended. */
function readProcess(pid: string, file: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch {
    return "";
  }
}

/** The words that run the `goer` command. */
export function goerCommand({ name, path }: Runtime, options: CommandOptions = {}): string[] {
  if (name !== "deno") return [path, `${ROOT}npm/dist/goer.js`];
  const { permissions = ["-A"] } = options;
  return [path, "run", ...permissions, "--no-check", `--config=${ROOT}deno.json`, `${ROOT}cli.ts`];
}

/** Sends a line and reads the reply. */
export async function ask(connection: Deno.Conn, line: string): Promise<string> {
  await connection.write(new TextEncoder().encode(`${line}\n`));
  const buffer = new Uint8Array(256);
  let text = "";
  while (!text.endsWith("\n")) {
    const count = await connection.read(buffer);
    if (count === null) throw new Error("the connection has ended");
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text.trimEnd();
}

/** Sends a line on a new connection. */
export async function askOnce(port: number, line: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  return await ask(connection, line);
}

/** A port that is free now, and that the system does not assign to clients. */
export function freePort(): number {
  while (true) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
