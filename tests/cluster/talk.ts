/**
 * An app whose clients control its groups with lines, and these clients.
 *
 * @module
 */

import { inTime } from "../helpers/wait.ts";
import type { Runtime } from "../helpers/runtimes.ts";
import { App, freePort } from "../supervisor/app.ts";

/** Options of {@linkcode groupApp}, inserted into the app as code. */
export interface GroupAppOptions {
  port: number;
  name?: string;
  workers?: number;
  bus?: string;
  busPrefix?: string;
  busRequired?: boolean;
  busTimeout?: number;
  maxBusQueueSize?: number;
  maxSendBufferSize?: number;
  reloadTimeout?: number;
}

/**
 * The source of the app. Every line is a command with arguments. The result is sent as JSON. A new
 * worker asks the others what it has to remember.
 */
export function groupApp({ port, ...options }: GroupAppOptions): string {
  return `
    const events = [];
    const news = [];
    let known = "nothing";
    let goer;
    const commands = {
      pid: () => process.pid,
      slot: () => [0, 1, 2].find((slot) => goer.worker(slot).here) ?? null,
      user(connection, user) { connection.user = user; return "ok" },
      async join(connection, group) { await connection.join(group); return "ok" },
      leave(connection, group) { connection.leave(group); return "ok" },
      groups: (connection) => [...connection.groups],
      say(connection, group, ...text) { goer.to(group).send(text.join(" "), { except: connection }) },
      sayToAll(_, group, ...text) { goer.to(group).send(text.join(" ")) },
      raw(_, group, ...text) {
        goer.to(group).send(text.join(" "), { raw: false });
        goer.to(group).send(new TextEncoder().encode(text.join(" ")), { raw: true });
        goer.to(group).send("\\n", { raw: true });
      },
      big(_, group, size) { goer.to(group).send("x".repeat(Number(size))) },
      tell(_, user, ...text) { goer.toUser(user).send(text.join(" ")) },
      broadcast(_, ...text) { goer.broadcast(text.join(" ")) },
      count: (_, group) => goer.count(group),
      members: async (_, group) => (await goer.members(group)).map(({ user }) => user).sort(),
      isOnline: (_, user) => goer.isOnline(user),
      publish(_, text) { goer.publish("news", { text }) },
      publishToOne: (_, text) => goer.publishToOne("news", text),
      publishTo: (_, slot, text) => goer.worker(Number(slot)).publish("news", text),
      news: () => news,
      remember(_, text) { goer.publish("remember", text) },
      known: () => known,
      events: (_, group) => events.filter((event) => event[1] === group),
    };
    export default {
      listen: "text://127.0.0.1:${port}",
      workers: 2, stopTimeout: 200,
      ...${JSON.stringify(options)},
      async onWorkerStart() {
        goer = this;
        goer.subscribe("news", (data) => { news.push(data) });
        goer.subscribe("recall", () => { if (known !== "nothing") goer.publish("remember", known) });
        await goer.subscribe("remember", (text) => { known = text }).ready;
        goer.publish("recall", null);
      },
      onJoin(member, group) { events.push(["join", group, member.user ?? null]) },
      onLeave(member, group) { events.push(["leave", group, member.user ?? null]) },
      onBusError(error) { console.error("BUS " + error.message) },
      async onMessage(connection, line) {
        const [command, ...words] = line.split(" ");
        try {
          const result = await commands[command](connection, ...words);
          if (result !== undefined) connection.send(JSON.stringify(result));
        } catch (error) {
          connection.send(JSON.stringify({ code: error.code, message: error.message }));
        }
      },
    };`;
}

/** A client of the app. */
export class Talker implements Disposable {
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(65_536);
  readonly #decoder = new TextDecoder();
  #text = "";

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Connects to the app. */
  static async connect(port: number): Promise<Talker> {
    return new Talker(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Connects until a worker responds that is not one of `others`. */
  static async apartFrom(port: number, ...others: Talker[]): Promise<Talker> {
    const pids = await Promise.all(others.map((other) => other.ask("pid")));
    while (true) {
      const talker = await Talker.connect(port);
      if (!pids.includes(await talker.ask("pid"))) return talker;
      talker[Symbol.dispose]();
    }
  }

  /** Sends a line. */
  async say(line: string): Promise<void> {
    let bytes = new TextEncoder().encode(`${line}\n`);
    while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
  }

  /** The next line. */
  async line(): Promise<string> {
    return await inTime(this.#line(), "A line");
  }

  async #line(): Promise<string> {
    // Each chunk is searched once: a line can have millions of characters.
    const parts: string[] = [];
    let end: number;
    while ((end = this.#text.indexOf("\n")) < 0) {
      parts.push(this.#text);
      const count = await this.#connection.read(this.#buffer);
      if (count === null) throw new Error("The app has ended the connection");
      this.#text = this.#decoder.decode(this.#buffer.subarray(0, count), { stream: true });
    }
    parts.push(this.#text.slice(0, end));
    this.#text = this.#text.slice(end + 1);
    return parts.join("");
  }

  /** Sends a line and returns the reply. */
  async ask(line: string): Promise<unknown> {
    await this.say(line);
    return JSON.parse(await this.line());
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** A running app. */
export interface RunningGroupApp extends AsyncDisposable {
  readonly app: App;
  readonly port: number;
}

/** Starts the app. */
export async function startGroupApp(
  runtime: Runtime,
  options: Omit<GroupAppOptions, "port"> = {},
): Promise<RunningGroupApp> {
  const port = freePort();
  const app = await App.write(runtime, groupApp({ port, ...options }));
  try {
    await app.start();
  } catch (error) {
    await app[Symbol.asyncDispose]();
    throw error;
  }
  return { app, port, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}
