// Uses pools for pool_test.ts: each line is the name of a scenario, and is answered with what the
// scenario has seen.

import { connect, connectPool, Goer, type Server, text } from "../../mod.ts";
import { codeOf, type Scenarios, serveScenarios, until } from "./scenarios.ts";

/** A service of lines that counts its connections. */
class Backend {
  connections = 0;
  most = 0;
  total = 0;
  #server!: Server<string>;

  async start(): Promise<void> {
    const goer = new Goer("text://127.0.0.1:0", { protocol: text });
    goer.onConnect = () => {
      this.total++;
      this.most = Math.max(this.most, ++this.connections);
    };
    goer.onClose = () => void this.connections--;
    goer.onMessage = async (connection, line) => {
      if (line === "break") return connection.destroy();
      if (line === "silence") return;
      if (line === "slow") await goer.timers.sleep(20);
      connection.send(`re: ${line}`);
    };
    this.#server = await goer.listen();
  }

  get address(): string {
    return this.#server.address;
  }

  stop(): Promise<void> {
    return this.#server.close({ graceful: false });
  }
}

const over = { connect: { protocol: text } };

const scenarios: Scenarios<Backend> = {
  async "shares connections"(backend, log) {
    await using pool = await connectPool(backend.address, { ...over, max: 3 });
    log.push(pool.size);
    const lines = Array.from({ length: 100 }, (_, index) => index % 10 ? `line ${index}` : "slow");
    const answers = await Promise.all(lines.map((line) => pool.request(line)));
    log.push(answers.every((answer, index) => answer === `re: ${lines[index]}`));
    log.push(backend.most, pool.size, pool.idle, pool.waiting);
  },
  async "closes what is idle"(backend, log) {
    const pool = await connectPool(backend.address, { ...over, min: 2, max: 5, idleTimeout: 20 });
    log.push(pool.size);
    await until(() => backend.total === 2);
    await Promise.all(Array.from({ length: 5 }, () => pool.request("slow")));
    log.push(backend.most);
    await until(() => backend.connections === 2);
    log.push(pool.size, await pool.request("still here"));
    await pool.close();
    await until(() => backend.connections === 0);
  },
  async "replaces what is lost"(backend, log) {
    await using pool = await connectPool(backend.address, { ...over, max: 1 });
    log.push(await codeOf(pool.request("break")), await pool.request("one"));
    const idle = await pool.acquire();
    pool.release(idle);
    idle.destroy();
    log.push(await pool.request("two"), backend.total);
    log.push(await codeOf(pool.request("silence", { timeout: 20 })));
    log.push(await pool.request("three"), backend.total);
  },
  async "validates"(backend, log) {
    let checks = 0;
    await using pool = await connectPool(backend.address, {
      max: 1,
      connect: { protocol: text },
      validate: async (connection) => {
        checks++;
        if (checks === 3) throw new Error("not well");
        return await connection.request("ping") === "re: ping" && checks !== 2;
      },
    });
    for (const line of ["one", "two", "three", "four"]) log.push(await pool.request(line));
    log.push(checks, backend.total);
  },
  async "limits who waits"(backend, log) {
    const limits = { max: 1, maxWaiting: 2, acquireTimeout: 50 };
    await using pool = await connectPool(backend.address, { ...over, ...limits });
    const used = await pool.acquire();
    const controller = new AbortController();
    const aborted = codeOf(pool.acquire({ signal: controller.signal }));
    const late = codeOf(pool.request("late"));
    log.push(pool.waiting, await codeOf(pool.request("too many")));
    controller.abort();
    log.push(await aborted, await late, pool.waiting);
    const next = pool.request("next");
    pool.release(used);
    log.push(await next, pool.idle);
    log.push(await codeOf(Promise.resolve().then(() => pool.release(used))));
    log.push(await codeOf(pool.use(() => Promise.reject(new RangeError()))), pool.idle);
  },
  async "an abort at any moment loses no connection"(backend, log) {
    await using pool = await connectPool(backend.address, { ...over, max: 1 });
    for (let turns = 0; turns < 30; turns++) {
      const controller = new AbortController();
      const acquired = pool.acquire({ signal: controller.signal });
      const released = acquired.then((connection) => pool.release(connection), () => {});
      for (let turn = 0; turn < turns; turn++) await undefined;
      controller.abort();
      await released;
    }
    log.push(await pool.request("free"), backend.total);
  },
  async "is closed"(backend, log) {
    const pool = await connectPool(backend.address, { ...over, max: 1 });
    const used = await pool.acquire();
    const waiting = codeOf(pool.request("late"));
    const closing = pool.close();
    log.push(await waiting, await codeOf(pool.request("later")), await used.request("still open"));
    pool.release(used);
    await closing;
    await until(() => backend.connections === 0);
    await pool.close();
  },
  async "bad targets"(backend, log) {
    const silent = new Goer("ws://127.0.0.1:0");
    silent.onUpgrade = () => new Promise(() => {});
    await using server = await silent.listen();
    const address = server.address as "ws://h:1";
    const early = await connectPool(address, { acquireTimeout: 30, max: 1 });
    log.push(await codeOf(early.acquire()));
    const waiting = codeOf(early.acquire());
    await early.close();
    log.push(await waiting);
    const late = await connectPool(address, { connect: { connectTimeout: 30 } });
    log.push(await codeOf(late.acquire()));
    await late.close();
    const pool = await connectPool(backend.address, over);
    await (await connect(backend.address, { protocol: text })).drained();
    await backend.stop();
    log.push(...await Promise.all([1, 2, 3].map(() => codeOf(pool.request("one")))));
    log.push(await codeOf(connectPool(backend.address, { ...over, min: 1 })));
    await pool.close();
  },
};

async function start(): Promise<Backend> {
  const backend = new Backend();
  await backend.start();
  return backend;
}

await serveScenarios(scenarios, start, (backend) => backend.stop());
