// Connects to services that fail in different ways, and writes what it has seen: one line of JSON
// for each scenario that it reads from its control service.

import { Buffer } from "node:buffer";
import dns from "node:dns";
import { connect, frame, Goer, type GoerError, type Server, text } from "../../mod.ts";
import { codeOf, type Scenarios, serveScenarios, until } from "./scenarios.ts";

/** A service of lines that can be stopped and started on the same port. */
class Backend {
  readonly received: string[] = [];
  #server: Server<string> | undefined;
  #port = 0;

  async start(): Promise<void> {
    const goer = new Goer(`text://127.0.0.1:${this.#port}`, { protocol: text });
    goer.onMessage = (connection, line) => {
      this.received.push(line);
      if (line === "end") connection.close();
      else if (line === "break") connection.destroy();
      else if (line !== "silence") connection.send(`re: ${line}`);
    };
    this.#server = await goer.listen();
    this.#port = Number(this.#server.address.split(":").at(-1));
  }

  get address(): string {
    return `text://127.0.0.1:${this.#port}`;
  }

  async stop(): Promise<void> {
    await this.#server?.close({ graceful: false });
    this.#server = undefined;
  }
}

const reconnect = { minDelay: 5, maxDelay: 50 };

/** Each gets a running backend. */
const scenarios: Scenarios<Backend> = {
  async "reconnects"(backend, log) {
    let connects = 0;
    const client = await connect(backend.address, {
      protocol: text,
      reconnect,
      state: () => ({ answers: 0 }),
      onConnect: () => void connects++,
      onDisconnect: (connection) => void log.push("lost", connection.open, connection.connected),
      onReconnect: () => void log.push("again"),
      onMessage(connection, line) {
        connection.state.answers++;
        log.push(line);
      },
      onClose: () => void log.push("closed"),
    });
    const { id } = client;
    client.send("one");
    await until(() => log.length === 1);
    client.send("end");
    await until(() => log.includes("again"));
    client.send("two");
    await until(() => log.includes("re: two"));
    log.push(client.state.answers, connects, id === client.id);
    client.close();
    await until(() => log.includes("closed"));
  },
  async "sends a lot"(backend, log) {
    let answers = 0;
    const client = await connect(backend.address, {
      protocol: text,
      onMessage: () => void answers++,
    });
    for (let count = 0; count < 200; count++) {
      if (client.send("x".repeat(100_000)) === "queued") await client.drained();
    }
    await until(() => answers === 200);
    log.push(answers);
    client.close();
  },
  async "handlers that throw"(backend, log) {
    const mistake = () => {
      throw new Error("mistake");
    };
    const client = await connect(backend.address, {
      protocol: text,
      reconnect: { ...reconnect, maxAttempts: 1 },
      onDisconnect: mistake,
      onReconnect: mistake,
      onError: (_, { message }) => void log.push(message.split(" ")[0]),
      onClose: () => void log.push("closed"),
    });
    client.send("end");
    await until(() => log.includes("closed"));
  },
  async "queues"(backend, log) {
    const client = await connect(backend.address, {
      protocol: text,
      reconnect: { ...reconnect, maxQueueLength: 2 },
      onDisconnect: () => void log.push("lost"),
      onReconnect: async (connection) => {
        log.push(await connection.request("login"));
      },
      onMessage: (_, line) => void log.push(line),
    });
    await backend.stop();
    await until(() => log.includes("lost"));
    log.push(client.send("silence"));
    const answer = client.request("two");
    log.push(client.send("three"), await codeOf(client.request("four")));
    log.push(client.bufferedBytes);
    const drained = client.drained();
    await backend.start();
    log.push(await answer, await drained);
    client.close();
  },
  async "queues a copy"(backend, log) {
    const client = await connect(backend.address.replace("text:", "tcp:"), {
      reconnect,
      onDisconnect: () => void log.push("lost"),
    });
    await backend.stop();
    await until(() => log.includes("lost"));
    const bytes = Buffer.from("before\n");
    client.send(bytes);
    bytes.set(Buffer.from("after!"));
    await backend.start();
    await until(() => backend.received.length > 0);
    log.push(...backend.received);
    client.close();
  },
  async "refuses in between"(backend, log) {
    const client = await connect(backend.address, {
      protocol: text,
      reconnect: { ...reconnect, maxQueueLength: 0 },
      onDisconnect: () => void log.push("lost"),
      onReconnect: () => void log.push("again"),
    });
    await backend.stop();
    await until(() => log.includes("lost"));
    log.push(client.send("one"));
    await backend.start();
    await until(() => log.includes("again"));
    log.push(client.send("two"));
    client.close();
  },
  async "closed by the application"(backend, log) {
    const client = await connect(backend.address, {
      protocol: text,
      reconnect,
      onDisconnect: () => void log.push("lost"),
      onReconnect: () => void log.push("again"),
      onClose: () => void log.push("closed"),
    });
    client.close("last");
    log.push(client.open, client.send("later"), await client.drained());
    await until(() => log.includes("closed"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    log.push(...backend.received);
  },
  async "closed while it is lost"(backend, log) {
    const client = await connect(backend.address, {
      protocol: text,
      reconnect,
      onDisconnect: () => void log.push("lost"),
      onReconnect: () => void log.push("again"),
      onClose: (_, error) => void log.push(`closed ${error}`),
    });
    await backend.stop();
    await until(() => log.includes("lost"));
    const request = client.request("one");
    const drained = client.drained();
    client.close();
    client.close();
    log.push(await codeOf(request), await drained, client.send("two"));
    await backend.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
  },
  async "gives up"(backend, log) {
    let closed = false;
    await connect(backend.address, {
      protocol: text,
      reconnect: { ...reconnect, maxAttempts: 3 },
      onError: (_, error) => void log.push(error.code),
      onClose(_, error) {
        log.push(`closed: ${(error as GoerError).code}`);
        closed = true;
      },
    });
    await backend.stop();
    await until(() => closed);
  },
  async "the first attempt fails"(backend, log) {
    await backend.stop();
    log.push(await codeOf(connect(backend.address, { protocol: text, reconnect })));
    log.push(await codeOf(connect("text://name.invalid:1", { reconnect })));
    let decide: (() => void) | undefined;
    const slow = new Goer("ws://127.0.0.1:0");
    slow.onUpgrade = () => new Promise<void>((resolve) => decide = resolve);
    await using service = await slow.listen();
    const options = { connectTimeout: 30, onConnect: () => void log.push("connected") };
    log.push(await codeOf(connect(service.address as "ws://h:1", options)));
    await until(() => decide !== undefined);
    decide?.(); // After the deadline.
  },
  async "pipelines requests"(backend, log) {
    const client = await connect(backend.address, { protocol: text });
    const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
    const answers = await Promise.all(lines.map((line) => client.request(line)));
    log.push(answers.every((answer, index) => answer === `re: line ${index}`));
    client.close();
  },
  async "a name with two addresses"(backend, log) {
    const address = backend.address.replace("127.0.0.1", "dual.test");
    const client = await connect(address, { protocol: text });
    log.push(await client.request("one"), client.remoteAddress.startsWith("127.0.0.1:"));
    client.close();
  },
  async "a request in a handler"(backend, log) {
    const client = await connect(backend.address, {
      protocol: text,
      async onConnect(connection) {
        log.push(await connection.request("in onConnect"));
      },
      async onMessage(connection, line) {
        log.push(line, await connection.request("in onMessage"));
        connection.close();
      },
      onClose: () => void log.push("closed"),
    });
    client.send("hello");
    await until(() => log.includes("closed"));
  },
  async "a peer that closes"(backend, log) {
    const client = await connect(backend.address, { protocol: text });
    const requests = ["silence", "break", "more"].map((line) => codeOf(client.request(line)));
    log.push(...await Promise.all(requests), await codeOf(client.request("late")));
  },
  async "a request that is given up"(backend, log) {
    const client = await connect(backend.address, { protocol: text, maxPendingRequests: 2 });
    const controller = new AbortController();
    const first = codeOf(client.request("one", { signal: controller.signal }));
    const second = client.request("two");
    log.push(await codeOf(client.request("three")));
    controller.abort();
    log.push(await first, await second);
    log.push(await codeOf(client.request("four", { signal: controller.signal })));
    log.push(await codeOf(client.request("silence", { timeout: 20 })));
    client.close();
  },
  async "bytes of an answer"(_, log) {
    const goer = new Goer("frame://127.0.0.1:0");
    goer.onMessage = (connection, bytes) => connection.send(bytes);
    await using service = await goer.listen();
    const client = await connect(service.address, { protocol: frame });
    const answers = await Promise.all(["one", "two", "three"].map((word) => client.request(word)));
    log.push(...answers.map((bytes) => new TextDecoder().decode(bytes)));
    client.close();
  },
  async "a WebSocket"(_, log) {
    const goer = new Goer("ws://127.0.0.1:0");
    goer.onMessage = (connection, message) => {
      if (message === "end") connection.close(4001, "again");
      else connection.send(`re: ${message}`);
    };
    await using service = await goer.listen();
    const address = service.address as "ws://:0";
    const client = await connect(address, {
      reconnect,
      onDisconnect: (connection, _, status) =>
        void log.push(`lost ${status?.code} ${status?.reason} ${connection.closeStatus?.code}`),
      onReconnect: (connection) => void log.push(`again ${connection.target}`),
      onPong: (connection, data) =>
        void log.push(`pong ${new TextDecoder().decode(data)} ${connection === client}`),
    });
    log.push(await client.request("one") as string);
    client.send("end");
    await until(() => log.length === 3);
    log.push(await client.request("two") as string);
    client.ping("x");
    await until(() => log.length === 5);
    client.close(1000, "done");
  },
};

/** The addresses of dual.test: one that never answers (RFC 3849), and that of the backend. */
const DUAL = [{ address: "2001:db8::1", family: 6 }, { address: "127.0.0.1", family: 4 }];

const { lookup } = dns;
dns.lookup =
  ((name: string, options: dns.LookupOptions, callback: (...values: unknown[]) => void) => {
    if (name !== "dual.test") return lookup(name, options, callback);
    if (options.all) callback(null, DUAL);
    else callback(null, DUAL[0].address, DUAL[0].family);
  }) as typeof dns.lookup;

async function start(): Promise<Backend> {
  const backend = new Backend();
  await backend.start();
  return backend;
}

await serveScenarios(scenarios, start, (backend) => backend.stop());
