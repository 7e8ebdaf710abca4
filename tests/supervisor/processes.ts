/**
 * Programs that tests run.
 *
 * @module
 */

import { until } from "../helpers/wait.ts";

/** What a command printed, and its exit code. */
export interface Printed {
  code: number;
  out: string;
  error: string;
}

/** Runs a program to its end. */
export async function run(
  [executable, ...args]: string[],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<Printed> {
  const { code, stdout, stderr } = await new Deno.Command(executable, {
    args,
    env,
    cwd,
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

/** A running program; `await using` ends it. */
export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #readers: ReadableStreamDefaultReader<string>[];
  readonly #reading: Promise<unknown>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  /** What it has printed so far, including errors. */
  output = "";

  /** @param stdin `piped` for a program that gets keys. */
  constructor(
    [executable, ...args]: string[],
    env: Record<string, string> = {},
    stdin: "null" | "piped" = "null",
  ) {
    this.#child = new Deno.Command(executable, {
      args,
      env,
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (stdin === "piped") this.#input = this.#child.stdin.getWriter();
    this.#readers = [this.#child.stdout, this.#child.stderr].map((stream) =>
      stream.pipeThrough(new TextDecoderStream()).getReader()
    );
    this.#reading = Promise.all(this.#readers.map((reader) => this.#read(reader)));
  }

  async #read(reader: ReadableStreamDefaultReader<string>): Promise<void> {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      this.output += next.value;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until it has printed `text`; throws if it ends first. */
  async printed(text: string): Promise<void> {
    let ended = false;
    void this.#child.status.then(() => ended = true);
    await until(`output of ${text}`, () => {
      const found = this.output.includes(text);
      if (ended && !found) throw new Error(`it has ended, and printed: ${this.output}`);
      return Promise.resolve(found);
    });
  }

  /** Presses keys. */
  async press(keys: string): Promise<void> {
    await this.#input!.write(new TextEncoder().encode(keys));
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end; returns its exit code. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#reading;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    // Its children may keep its output open.
    for (const reader of this.#readers) await reader.cancel();
    await this.ended();
    await this.#input?.abort().catch(() => {});
  }
}

/** A person's environment: not that of CI, and without a choice of colours. */
const PERSON = { CI: "", NO_COLOR: "1", TERM: "xterm-256color" };

/** Runs a program in a terminal of this size. Its output has the escape codes. */
export function inTerminal(words: string[], columns = 80, rows = 24): Running {
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const command = `stty cols ${columns} rows ${rows}; exec ${quoted}`;
  return new Running(["script", "-qefc", command, "/dev/null"], PERSON, "piped");
}

/** True if a process with this id exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
