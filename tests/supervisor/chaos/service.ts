/**
 * The service of a walk: its app, its supervisor, and its expected state.
 *
 * @module
 */

import type { Runtime } from "../../helpers/runtimes.ts";
import type { Command } from "../../../src/supervisor/ipc/messages.ts";
import type { StatusReport } from "../../../src/supervisor/workers/status.ts";
import { App } from "../app.ts";
import { isAlive, type Printed } from "../processes.ts";
import { SmallDisk } from "./disk.ts";
import {
  addressesOf,
  type Fault,
  findPlaces,
  type Places,
  type Shape,
  sourceOf,
  START_TIMEOUT,
} from "./shape.ts";
import { eventually } from "./waiting.ts";

/** The initial shape of all walks. */
const FIRST_SHAPE: Shape = { workers: 2, second: false, unix: true, udp: true };

/** A running service; `await using` stops it and leaves nothing behind. */
export class Service implements AsyncDisposable {
  readonly #app: App;
  /** The small disk for all its files, if this user may mount one. */
  readonly disk: SmallDisk | undefined;
  readonly places: Places;
  /** The shape that it should serve now. */
  shape: Shape = FIRST_SHAPE;

  private constructor(app: App, disk: SmallDisk | undefined, bus?: string) {
    this.#app = app;
    this.disk = disk;
    this.places = findPlaces(app.folder, bus);
  }

  /** Starts it. */
  static async start(runtime: Runtime, bus?: string): Promise<Service> {
    const app = await App.write(runtime, "");
    const service = new Service(app, await SmallDisk.mount(app.folder), bus);
    try {
      await service.write(FIRST_SHAPE);
      await service.perform("start");
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Its folder, which all its processes have in their command line. */
  get folder(): string {
    return this.#app.folder;
  }

  /** The runtime directory. */
  get directory(): string {
    return `${this.folder}/run`;
  }

  /** The path of its log. */
  get logFile(): string {
    return `${this.directory}/goer.log`;
  }

  /** The addresses of its current shape. */
  get addresses(): string[] {
    return addressesOf(this.shape, this.places);
  }

  /** Writes the app's code. */
  async write(shape: Shape, fault: Fault = "none"): Promise<void> {
    // A new worker can read it at any time, so it is replaced atomically.
    const next = `${this.folder}/next.mjs`;
    await Deno.writeTextFile(next, sourceOf(shape, this.places, fault));
    await Deno.rename(next, this.#app.module);
  }

  /** Runs a `goer` command to its end. A start runs in the background. */
  async command(command: string): Promise<Printed> {
    const words = ["--daemon", `--start-timeout=${START_TIMEOUT}`];
    return await this.#app.command(command, ...command === "start" ? words : []);
  }

  /** Runs a command that must succeed. */
  async perform(command: string): Promise<void> {
    while (true) {
      const printed = await this.command(command);
      if (printed.code === 0) return;
      if (!isLate(printed.error)) throw new Error(`goer ${command} failed: ${inOneLine(printed)}`);
    }
  }

  /** The report of `status`; waits for a supervisor that is about to reply. */
  async status(): Promise<StatusReport> {
    let status: unknown;
    await eventually("an answer to status", async () => {
      status = await this.ask("status").catch(() => undefined);
      return status !== undefined;
    });
    return status as StatusReport;
  }

  /** Queries the supervisor directly. */
  async ask(command: Command): Promise<unknown> {
    return (await this.#app.ask(command)).data;
  }

  /** The process in the pid file; 0 if there is none. */
  async supervisor(): Promise<number> {
    const text = await Deno.readTextFile(`${this.directory}/goer.pid`).catch(() => "");
    return Number(text.split("\n")[0]);
  }

  /** Sends the supervisor a signal. */
  async signal(signal: Deno.Signal): Promise<void> {
    Deno.kill((await this.status()).pid, signal);
  }

  /** What it has logged. */
  async log(): Promise<string> {
    return await this.#app.log();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disk?.free();
    await this.#app.ask("stop", true).catch(() => {});
    await eventually("the end of all processes", async () => {
      const family = await familyOf(this.folder);
      for (const { pid } of family) if (isAlive(pid)) tryKill(pid);
      return family.length === 0;
    });
    await this.disk?.[Symbol.asyncDispose]();
    await this.#app[Symbol.asyncDispose]();
  }
}

function tryKill(pid: number): void {
  try {
    Deno.kill(pid, "SIGCONT");
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** A process of a service. */
export interface Relative {
  pid: number;
  parent: number;
  /** Its state in `ps`. */
  state: string;
  command: string;
}

/** The processes with a folder in their command line, and their zombie children. */
export async function familyOf(folder: string): Promise<Relative[]> {
  const alive: Relative[] = [];
  const zombies: Relative[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = await read(`/proc/${name}/status`);
    const state = /^State:\s+(\S)/m.exec(status)?.[1] ?? "";
    const command = (await read(`/proc/${name}/cmdline`)).replaceAll("\0", " ");
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
    const relative = { pid: Number(name), parent, state, command };
    if (state === "Z") zombies.push(relative);
    else if ((command + await read(`/proc/${name}/environ`)).includes(folder)) alive.push(relative);
  }
  return [...alive, ...zombies.filter(({ parent }) => alive.some(({ pid }) => pid === parent))];
}

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => "");
}

/** A machine under load may be too slow for a short limit, so this is tried again. */
export function isLate(text: string): boolean {
  return /did not (get ready|load) within/.test(text);
}

/** The output of a command. */
export function inOneLine({ code, out, error }: Printed): string {
  return `${code} ${out}${error}`.trim().replaceAll("\n", " / ");
}
