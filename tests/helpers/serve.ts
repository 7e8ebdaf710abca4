/**
 * Starts fixture apps as separate processes. When an app is ready, it prints one line of JSON. It
 * stops gracefully at SIGTERM.
 *
 * @module
 */

import { ROOT } from "../tools.ts";
import { inTime } from "./wait.ts";
import type { Runtime } from "./runtimes.ts";

/** Options of {@linkcode serve}. */
export interface ServeOptions {
  /** Arguments of the app. */
  args?: string[];
  /** Environment variables, in addition to those of this process. */
  env?: Record<string, string>;
  /** Words before the command, such as `["prlimit", "--nofile=64"]`. */
  prefix?: string[];
}

/** A running app; `await using` stops it at the end of a block. */
export interface Served<Ready> extends AsyncDisposable {
  /** The JSON that the app printed when it was ready. */
  readonly ready: Ready;
  /** The process. */
  readonly pid: number;
  /** Everything the app has written to its standard error so far. */
  readonly stderr: string;
  /** The next line that the app writes to its standard output. */
  line(): Promise<string>;
  /** Sends SIGTERM, and waits for the process to exit; throws if it does not, or not with 0. */
  stop(): Promise<void>;
  /** Sends a signal. */
  kill(signal: Deno.Signal): void;
  /** How the process ended. */
  readonly status: Promise<Deno.CommandStatus>;
}

/**
 * Starts `app` under `runtime` and waits until it is ready.
 *
 * @param runtime The runtime.
 * @param app Its file, relative to the root of the repository.
 */
export async function serve<Ready>(
  runtime: Runtime,
  app: string,
  options: ServeOptions = {},
): Promise<Served<Ready>> {
  const command = [...options.prefix ?? [], ...await runtime.command(app, ...options.args ?? [])];
  const child = new Deno.Command(command[0], {
    args: command.slice(1),
    cwd: ROOT,
    env: options.env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const served = new ServedProcess<Ready>(child);
  try {
    await served.start();
  } catch (error) {
    await served.abandon();
    throw new Error(`${command.join(" ")} did not get ready: ${served.stderr}`, { cause: error });
  }
  return served;
}

class ServedProcess<Ready> implements Served<Ready> {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #errors: Promise<void>;
  #ready: Ready | undefined;
  #stopped = false;
  stderr = "";

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(splitLines())
      .getReader();
    this.#errors = this.#collectErrors();
  }

  get ready(): Ready {
    return this.#ready!;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  async start(): Promise<void> {
    this.#ready = JSON.parse(await this.line());
  }

  async line(): Promise<string> {
    const { value, done } = await inTime(this.#lines.read(), "The next line");
    if (done) throw new Error("The app has ended its output");
    return value;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#child.kill("SIGTERM");
    try {
      const { code, signal } = await inTime(this.#child.status, "Stopping the app");
      if (code !== 0) throw new Error(`The app ended with ${signal ?? code}: ${this.stderr}`);
    } finally {
      await this.abandon();
    }
  }

  /** Ends the process in any state, and releases its pipes. */
  async abandon(): Promise<void> {
    this.#stopped = true;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#lines.cancel();
    await this.#errors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #collectErrors(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.stderr += text;
    }
  }
}

/** Splits text into lines; what follows the last newline is dropped. */
function splitLines(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(text, controller) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) controller.enqueue(line);
    },
  });
}
