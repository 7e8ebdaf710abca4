/**
 * A process with buses, from its test's side.
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
  /** Which bus. */
  id?: number;
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

/** A process for buses; `await using` kills it at the end of a block, unless it has ended. */
export class Host implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #connection: Deno.TcpConn;
  readonly #members: Member[] = [];
  readonly #faults: Fact[] = [];
  readonly #reading: Promise<void>;

  private constructor(child: Deno.ChildProcess, connection: Deno.TcpConn) {
    this.#child = child;
    this.#connection = connection;
    this.#reading = this.#read();
  }

  /** Starts it. */
  static async start(runtime: Runtime, env: Record<string, string> = {}): Promise<Host> {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const [command, ...args] = await bundled(runtime).command(APP, `${listener.addr.port}`);
    const child = new Deno.Command(command, {
      args,
      cwd: ROOT,
      env,
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    try {
      return new Host(child, await inTime(listener.accept(), "Starting a host"));
    } catch (error) {
      child.kill("SIGKILL");
      await child.status;
      throw error;
    }
  }

  /** Creates a bus for `address`, without opening it. */
  async member(address: string, options?: Record<string, number>): Promise<Member> {
    const id = this.#members.length;
    const member = new Member((requests) => {
      return this.#send(requests.map((request) => ({ id, ...request })));
    });
    this.#members.push(member);
    member.created = await member.ask({ action: "create", address, options });
    return member;
  }

  /** Waits for the process to exit, which an open bus would prevent. */
  async end(): Promise<void> {
    await this.#send([{ id: 0, action: "end" }]);
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
    assertEquals(this.#faults, []);
  }

  async #send(requests: Record<string, unknown>[]): Promise<void> {
    const lines = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
    const writer = this.#connection.writable.getWriter();
    await writer.write(new TextEncoder().encode(lines));
    writer.releaseLock();
  }

  async #read(): Promise<void> {
    let rest = "";
    try {
      for await (const text of this.#connection.readable.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) this.#take(JSON.parse(line));
      }
    } catch {
      // The process was killed.
    }
  }

  #take(fact: Fact): void {
    if (fact.event === "fault") this.#faults.push(fact);
    else this.#members[fact.id!].take(fact);
  }
}

/** A bus in a host; `await using` closes it. */
export class Member implements AsyncDisposable {
  /** The result of creating the bus. */
  created: Fact = {};
  readonly #send: (requests: Record<string, unknown>[]) => Promise<void>;
  readonly #facts: Fact[] = [];
  #closed = false;
  #changed: () => void = () => {};

  constructor(send: (requests: Record<string, unknown>[]) => Promise<void>) {
    this.#send = send;
  }

  /** Takes a message of the process. */
  take(fact: Fact): void {
    this.#facts.push(fact);
    this.#changed();
  }

  /** Sends a request, and waits for the reply. */
  async ask(request: Record<string, unknown>): Promise<Fact> {
    await this.tell(request);
    return await this.next((fact) => fact.reply === request.action);
  }

  /** Sends several requests together. */
  async tell(...requests: Record<string, unknown>[]): Promise<void> {
    await this.#send(requests);
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

  /** Closes the bus. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.do({ action: "close" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }
}
