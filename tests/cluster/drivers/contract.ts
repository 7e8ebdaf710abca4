/**
 * What every bus over a broker must do, tested with the real broker on each runtime.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { makeCertificate, NO_OPENSSL } from "../../helpers/certificate.ts";
import { type Runtime, testOnEach } from "../../helpers/runtimes.ts";
import { type BrokerKind, freePort } from "./brokers.ts";
import { Host } from "./member.ts";

/** What the tests of one kind of broker share on one runtime. */
export interface Shared {
  /** A process for buses. */
  readonly host: Host;
  /** The address of a broker that continues to run. */
  readonly address: string;
  readonly runtime: Runtime;
}

/** Registers a test. */
export type Test = (name: string, body: (shared: Shared) => Promise<void>, skip?: string) => void;

/**
 * Registers the tests of one kind of broker, and those that `more` registers. They share a process,
 * which must be able to end after them.
 */
export function testBus(kind: BrokerKind, more: (test: Test) => void): void {
  const { scheme } = kind;
  const steps: Parameters<Test>[] = [];
  const test: Test = (...step) => steps.push(step);
  testMessages(kind, test);
  testOrder(test);
  testAbsence(kind, test);
  testReturn(kind, test);
  testStrangers(kind, test);
  testPasswords(kind, test);
  testTls(kind, test);
  more(test);
  testOnEach(`${scheme}: bus`, async (runtime, context) => {
    await using broker = await kind.start();
    await using host = await Host.start(runtime);
    const shared = { host, address: `${scheme}://127.0.0.1:${broker.port}`, runtime };
    for (const [name, body, skip] of steps) {
      await context.step({
        name: skip === undefined ? name : `${name} (skipped: ${skip})`,
        ignore: skip !== undefined,
        fn: () => body(shared),
      });
    }
    await context.step("closed buses let the process end", () => host.end());
  }, kind.missing);
}

function testMessages({ large }: BrokerKind, test: Test): void {
  test("a message with every byte value arrives unchanged", async ({ host, address }) => {
    await using one = await host.member(address);
    await using two = await host.member(address);
    assertEquals(one.created.name, address);
    await one.open();
    await two.open("goer.a-b_1");
    const bytes = Array.from({ length: 256 }, (_, index) => index);
    const message = btoa(String.fromCharCode(...bytes));
    await one.do({ action: "publish", channel: "goer.a-b_1", message });
    const got = await two.event("message");
    assertEquals([got.channel, got.bytes, got.plain], ["goer.a-b_1", bytes, true]);
    await one.do({ action: "publish", channel: "goer.a-b_1", message: "" });
    assertEquals((await two.event("message")).size, 0);
  });

  test("a message of the maximum size arrives whole", async ({ host, address }) => {
    await using one = await host.member(address);
    const { maxMessageSize } = await one.open("x");
    assert(maxMessageSize! >= large, `${maxMessageSize}`);
    const sent = await one.do({ action: "publish", channel: "x", message: large });
    const got = await one.event("message");
    assertEquals([got.size, got.sha1], [large, sent.sha1]);
  });
}

function testOrder(test: Test): void {
  test("messages on several channels arrive in the order of publishing", async ({ host, address }) => {
    await using one = await host.member(address);
    await using two = await host.member(address);
    await one.open();
    await two.open("a", "b", "c");
    const sent = Array.from({ length: 300 }, (_, index) => ({
      action: "publish",
      channel: "abc"[index * 7 % 3],
      // Some are larger and take several packets.
      message: index % 50 === 0 ? 100_000 + index : index,
    }));
    await one.tell(...sent);
    for (const { channel, message } of sent) {
      const got = await two.event("message");
      assertEquals([got.channel, got.size], [channel, message]);
    }
  });

  test("nothing arrives from a channel after unsubscribing", async ({ host, address }) => {
    await using one = await host.member(address);
    await one.open("a", "b");
    await one.do({ action: "unsubscribe", channel: "a" });
    await one.tell(
      { action: "publish", channel: "a", message: 1 },
      { action: "publish", channel: "b", message: 2 },
    );
    assertEquals((await one.event("message")).channel, "b");
    await one.tell({ action: "subscribe", channel: "a" }, { action: "unsubscribe", channel: "a" });
    await one.do({ action: "subscribe", channel: "a" });
    await one.do({ action: "publish", channel: "a", message: 3 });
    assertEquals((await one.event("message")).size, 3);
    assertEquals(one.events, []);
  });

  test("close sends queued messages", async ({ host, address }) => {
    await using one = await host.member(address);
    await using two = await host.member(address);
    await one.open("y");
    await two.open("x");
    const published = { action: "publish", channel: "x", message: 500_000 };
    await one.tell(published, published, published);
    await one.close();
    for (let count = 0; count < 3; count++) {
      assertEquals((await two.event("message")).size, 500_000);
    }
    await two.close();
  });
}

function testAbsence({ scheme, start }: BrokerKind, test: Test): void {
  test("open fails if there is no broker, and works later when there is one", async ({ host }) => {
    const port = freePort();
    await using one = await host.member(`${scheme}://127.0.0.1:${port}`);
    const { failed, code } = await one.ask({ action: "open" });
    const name = `${scheme}://127.0.0.1:${port}`;
    assertEquals(
      failed,
      `Cannot reach the bus ${name}: connection refused: check that the broker runs there`,
    );
    assertEquals(code, "GOER_BUS");
    await using _broker = await start({ port });
    await one.open("x");
    await one.do({ action: "publish", channel: "x", message: 1 });
    await one.event("message");
    await one.close();
  });

  test("a bus can be closed while it is away, and while it is being opened", async ({ host }) => {
    await using broker = await start();
    await using one = await host.member(`${scheme}://127.0.0.1:${broker.port}`);
    await one.open("x");
    await broker.kill();
    await one.event("away");
    await one.tell({ action: "subscribe", channel: "y" });
    await one.close();
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using two = await host.member(`${scheme}://127.0.0.1:${listener.addr.port}`);
    await two.tell({ action: "open" });
    using _connection = await listener.accept();
    await two.close();
    assertMatch((await two.next(({ reply }) => reply === "open")).failed!, /: The bus is closed$/);
  });
}

function testReturn({ scheme, start }: BrokerKind, test: Test): void {
  test("a broker that dies and returns is reported once each", async ({ host }) => {
    await using broker = await start();
    const { port } = broker;
    await using one = await host.member(`${scheme}://127.0.0.1:${port}`);
    await one.open("a", "b", "c");
    await broker.kill();
    const { code, message } = await one.event("away");
    assertEquals(code, "GOER_BUS");
    assertMatch(message!, new RegExp(`^Lost the bus ${scheme}://127\\.0\\.0\\.1:${port}: .`));
    // These subscribe when it is back.
    await one.tell({ action: "subscribe", channel: "d" }, { action: "unsubscribe", channel: "c" });
    await using _again = await start({ port });
    await one.event("back");
    await one.next(({ reply }) => reply === "subscribe");
    for (const channel of "cdba") await one.do({ action: "publish", channel, message: 1 });
    for (const channel of "dba") assertEquals((await one.event("message")).channel, channel);
    await one.close();
    assertEquals(one.events, []);
  });

  test("a broker that becomes silent is lost, and back when it sends again", async ({ host }) => {
    await using broker = await start();
    const bus = { heartbeat: 200, connectTimeout: 500 };
    await using one = await host.member(`${scheme}://127.0.0.1:${broker.port}`, bus);
    await one.open("x");
    broker.signal("SIGSTOP");
    assertMatch((await one.event("away")).message!, /: no answer for 400 ms$/);
    broker.signal("SIGCONT");
    await one.event("back");
    await one.do({ action: "publish", channel: "x", message: 1 });
    await one.event("message");
  });
}

function testStrangers({ scheme }: BrokerKind, test: Test): void {
  test("a server that accepts a connection and sends nothing is not a broker", async ({ host }) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = `${scheme}://127.0.0.1:${listener.addr.port}`;
    await using one = await host.member(address, { connectTimeout: 300 });
    const { failed, code } = await one.ask({ action: "open" });
    assertEquals(failed, `Cannot reach the bus ${address}: no answer within 300 ms`);
    assertEquals(code, "GOER_BUS");
    // Its socket is closed, too. Otherwise the process could not end later.
    await one.close();
  });

  test("a server that uses another protocol is not a broker", async ({ host }) => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("no"),
    );
    const address = `${scheme}://127.0.0.1:${server.addr.port}`;
    await using one = await host.member(address, { connectTimeout: 300 });
    const { failed, code } = await one.ask({ action: "open" });
    assertMatch(failed!, new RegExp(`^Cannot reach the bus ${address}: .`));
    assertEquals(code, "GOER_BUS");
    await one.close();
  });
}

function testPasswords({ scheme, start }: BrokerKind, test: Test): void {
  test("the right password works, and a wrong or missing one is reported without showing it", async ({ host }) => {
    await using broker = await start({ password: "s3cr/t@" });
    const at = `127.0.0.1:${broker.port}`;
    await using right = await host.member(`${scheme}://user:s3cr%2Ft%40@${at}`);
    assertEquals(right.created.name, `${scheme}://${at}`);
    await right.open("x");
    await using none = await host.member(`${scheme}://${at}`);
    const missing = await none.ask({ action: "open" });
    assertEquals(
      missing.failed,
      `Cannot reach the bus ${scheme}://${at}: a password is required: ` +
        "put it into the address, as in scheme://user:password@host",
    );
    await none.close();
    await using wrong = await host.member(`${scheme}://user:wr0ng@${at}`);
    const { failed, code, shown } = await wrong.ask({ action: "open" });
    assertEquals(
      failed,
      `Cannot reach the bus ${scheme}://${at}: the user or password in the address is wrong`,
    );
    assertEquals(code, "GOER_BUS");
    assertNotMatch(shown!, /wr0ng/);
    await wrong.close();
  });

  test("reconnecting continues quietly if the broker returns with another password", async ({ host }) => {
    await using broker = await start({ password: "old" });
    const { port } = broker;
    await using one = await host.member(`${scheme}://user:old@127.0.0.1:${port}`);
    await one.open("x");
    await broker.kill();
    await one.event("away");
    const other = await start({ port, password: "new" });
    await new Promise((resolve) => setTimeout(resolve, 1000)); // Some attempts are to fail.
    await other.kill();
    assertEquals(one.events, []);
    await using _same = await start({ port, password: "old" });
    await one.event("back");
    await one.do({ action: "publish", channel: "x", message: 1 });
    await one.event("message");
    await one.close();
  });

  test("a channel that the user may not subscribe to is reported", async ({ host }) => {
    await using broker = await start({ password: "pass", only: "allowed" });
    const at = `127.0.0.1:${broker.port}`;
    await using one = await host.member(`${scheme}://user:pass@${at}`);
    await one.open("allowed");
    const { failed, code } = await one.ask({ action: "subscribe", channel: "other" });
    assertMatch(failed!, new RegExp(`^Cannot subscribe to other on the bus ${scheme}://${at}: .`));
    assertEquals(code, "GOER_BUS");
    await one.do({ action: "publish", channel: "allowed", message: 1 });
    await one.event("message");
    await one.close();
    assertEquals(one.events, []);
  });
}

function testTls({ secureScheme, start }: BrokerKind, test: Test): void {
  test(
    "messages travel over TLS to a broker with a trusted certificate",
    async ({ host, runtime }) => {
      await using certificate = await makeCertificate();
      await using broker = await start({ certificate });
      const address = `${secureScheme}://localhost:${broker.port}`;
      const env = { NODE_EXTRA_CA_CERTS: certificate.certFile, DENO_CERT: certificate.certFile };
      await using trusting = await Host.start(runtime, env);
      await using one = await trusting.member(address);
      await one.open("x");
      await one.do({ action: "publish", channel: "x", message: 100_000 });
      assertEquals((await one.event("message")).size, 100_000);
      await one.close();
      await trusting.end();
      await using stranger = await host.member(address);
      const { failed, code } = await stranger.ask({ action: "open" });
      assertMatch(failed!, /certificate|UnknownIssuer|CaUsedAsEndEntity/i);
      assertEquals(code, "GOER_BUS");
      await stranger.close();
    },
    NO_OPENSSL,
  );
}
