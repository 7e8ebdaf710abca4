import { assert, assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, ask, askOnce, freePort } from "./app.ts";

/** A service at an address. It responds with the address. */
function service(listen: string, workers = 1): string {
  return `{ listen: "${listen}", workers: ${workers}, stopTimeout: 1000, reloadTimeout: 600_000,
    onMessage: (connection) => void connection.send("${listen}") }`;
}

function appOf(...services: string[]): string {
  return `export default [${services.join()}];`;
}

/** Repeatedly sends requests to an address, each on a new connection. */
class Client {
  #stopped = false;
  answered = 0;
  readonly #done: Promise<void>;

  constructor(port: number, expected: string) {
    this.#done = (async () => {
      while (!this.#stopped) {
        assertEquals(await askOnce(port, "x"), expected);
        this.answered++;
      }
    })();
    // Reported by stop().
    this.#done.catch(() => {});
  }

  /** Throws if a request has failed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}

/** The slots of the workers that serve, in order. */
async function servingSlots(app: App): Promise<number[]> {
  const { workers } = await app.status();
  return workers.filter(({ state }) => state !== "draining").map(({ slot }) => slot).sort();
}

/** True if nothing listens. */
async function refuses(target: Deno.ConnectOptions | Deno.UnixConnectOptions): Promise<boolean> {
  try {
    (await Deno.connect(target as Deno.ConnectOptions)).close();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return true;
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

testInTurn(
  "a reload adds new workers and addresses, and removes old ones",
  async (runtime, context) => {
    const [kept, second, third] = [freePort(), freePort(), freePort()];
    const text = (port: number) => `text://127.0.0.1:${port}`;
    await using app = await App.write(runtime, appOf(service(text(kept))));
    const path = `${app.folder}/app.sock`;
    const unix = `text+unix://${path}`;
    await app.start();
    // While open, it keeps its worker alive. Dropped services must not wait for that.
    using lasting = await Deno.connect({ hostname: "127.0.0.1", port: kept });
    await ask(lasting, "x");
    const clients = Array.from({ length: 4 }, () => new Client(kept, text(kept)));

    async function reload(what: string, services: string[], check: () => Promise<void>) {
      await context.step(what, async () => {
        await app.rewrite(appOf(...services));
        const outcome = await app.ask("reload");
        assertEquals([outcome.ok, outcome.text], [true, "reloaded"]);
        await check();
        assertEquals(await askOnce(kept, "x"), text(kept));
      });
    }

    await reload("more workers", [service(text(kept), 3)], async () => {
      assertEquals(await servingSlots(app), [0, 1, 2]);
    });
    await reload("fewer workers", [service(text(kept), 2)], async () => {
      assertEquals(await servingSlots(app), [0, 1]);
    });
    const added = [service(text(kept), 2), service(text(second), 2), service(unix)];
    await reload("new addresses, one with workers of its own", added, async () => {
      assertEquals(await servingSlots(app), [0, 0, 1]);
      assertEquals(await askOnce(second, "x"), text(second));
      using connection = await Deno.connect({ transport: "unix", path });
      assertEquals(await ask(connection as unknown as Deno.TcpConn, "x"), unix);
    });
    const changed = [service(text(third), 2), service(unix), service(text(kept))];
    await reload("a changed address, and another order", changed, async () => {
      assertEquals(await askOnce(third, "x"), text(third));
      await until("a refusal", () => refuses({ port: second }));
    });
    await reload("removed addresses", [service(text(kept), 2)], async () => {
      await until("a refusal", () => refuses({ port: third }));
      await until("a refusal", () => refuses({ transport: "unix", path }));
      assertEquals((await app.status()).services.map(({ address }) => address), [text(kept)]);
      assertEquals(await servingSlots(app), [0, 1]);
    });
    assertEquals(await ask(lasting, "x"), text(kept));
    for (const client of clients) await client.stop();
    assert(clients.every(({ answered }) => answered > 20));
  },
);

testInTurn(
  "an address that cannot be opened cancels the reload, and the service continues",
  async (runtime) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    const [kept, next] = [freePort(), freePort()];
    const text = (port: number) => `text://127.0.0.1:${port}`;
    await using app = await App.write(runtime, appOf(service(text(kept))));
    await app.start();
    await app.rewrite(appOf(service(text(next)), service(text(port)), service(text(kept), 2)));
    const { code, error } = await app.command("reload");
    assertEquals(code, 1);
    assert(error.includes(`another process serves ${text(port)}`), error);
    assertEquals(await askOnce(kept, "x"), text(kept));
    assertEquals(await refuses({ port: next }), true);
    assertEquals(await servingSlots(app), [0]);
  },
);
