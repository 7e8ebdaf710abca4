/**
 * A process with a bus, from its test's side.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { bundled } from "../../helpers/bundled.ts";
import { inTime } from "../../helpers/wait.ts";
import type { Runtime } from "../../helpers/runtimes.ts";
import { ROOT } from "../../tools.ts";

const APP = "tests/cluster/drivers/app.ts";

/** A message of the process: an event of the bus, or a reply. */
export interface Fact {
  event?: "message" | "away" | "back" | "fault";
  reply?: string;
  channel?: string;
  size?: number;
  plain?: boolean;
  sha1?: string;
  bytes?: number[];
  name?: string;
  maxMessageSize?: number;
  failed?: string;
  code?: string;
  message?: string;
  shown?: string;
}

/** Starts a process with a bus for `address`, without opening it. */
export async function member(
  runtime: Runtime,
  address: string,
  options: { env?: Record<string, string>; bus?: Record<string, number> } = {},
): Promise<Member> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [command, ...args] = await bundled(runtime).command(APP, `${listener.addr.port}`);
  const child = new Deno.Command(command, {
    args,
    cwd: ROOT,
    env: options.env,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  try {
    const connection = await inTime(listener.accept(), "Starting a member");
    const made = new Member(child, connection);
    made.created = await made.ask({ action: "create", address, options: options.bus });
    return made;
  } catch (error) {
    child.kill("SIGKILL");
    await child.status;
    throw error;
  } finally {
    listener.close();
  }
}

/** A process with a bus; `await using` kills it at the end of a block, unless it has ended. */
export class Member implements AsyncDisposable {
  /** The result of creating the bus. */
  created: Fact = {};
  readonly #child: Deno.ChildProcess;
  readonly #connection: Deno.TcpConn;
  readonly #facts: Fact[] = [];
  readonly #reading: Promise<void>;
  #changed: () => void = () => {};

  constructor(child: Deno.ChildProcess, connection: Deno.TcpConn) {
    this.#child = child;
    this.#connection = connection;
    this.#reading = this.#read();
  }

  /** Sends a request, and waits for the reply. */
  async ask(request: Record<string, unknown>): Promise<Fact> {
    await this.tell(request);
    return await this.next((fact) => fact.reply === request.action);
  }

  /** Sends several requests together, and returns the replies. */
  async tell(...requests: Record<string, unknown>[]): Promise<void> {
    const lines = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
    const writer = this.#connection.writable.getWriter();
    await writer.write(new TextEncoder().encode(lines));
    writer.releaseLock();
  }

  /** Sends a request that must succeed. */
  async do(request: Record<string, unknown>): Promise<Fact> {
    const fact = await this.ask(request);
    assertEquals(fact.failed, undefined, fact.shown);
    return fact;
  }

  /** Opens the bus, and subscribes to `channels`. */
  async open(...channels: string[]): Promise<Fact> {
    const opened = await this.do({ action: "open" });
    for (const channel of channels) await this.do({ action: "subscribe", channel });
    return opened;
  }

  /** Waits for the first message that matches, and removes it. */
  async next(fits: (fact: Fact) => boolean): Promise<Fact> {
    for (;;) {
      const index = this.#facts.findIndex(fits);
      if (index >= 0) return this.#facts.splice(index, 1)[0];
      await inTime(
        new Promise<void>((resolve) => this.#changed = resolve),
        "What is waited for",
      );
    }
  }

  /** Waits for the next event of a kind. */
  event(kind: Fact["event"]): Promise<Fact> {
    return this.next(({ event }) => event === kind);
  }

  /** The events that have arrived and were not awaited. */
  get events(): Fact[] {
    return this.#facts.filter(({ event }) => event !== undefined);
  }

  /** Closes the bus, and waits for the process to exit. */
  async close(): Promise<void> {
    await this.ask({ action: "close" });
    const { code } = await inTime(this.#child.status, "The end of the process");
    assertEquals(code, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#reading;
    assertEquals(this.#facts.filter(({ event }) => event === "fault"), []);
  }

  async #read(): Promise<void> {
    let rest = "";
    try {
      for await (const text of this.#connection.readable.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        this.#facts.push(...lines.map((line) => JSON.parse(line)));
        this.#changed();
      }
    } catch {
      // The process was killed.
    }
  }
}
