import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Goer, GoerError } from "../../mod.ts";
import { clientKey } from "../../src/clients/client_key.ts";
import { ClientLimits } from "../../src/clients/client_limits.ts";
import { ClientTable } from "../../src/clients/client_table.ts";

/** A clock that the test moves. */
function clock() {
  const time = { now: 0 };
  return { time, now: () => time.now };
}

Deno.test("a client may send its burst at once, and then as many per second as the rate", () => {
  const { time, now } = clock();
  const table = new ClientTable({ messages: { perMs: 0.01, burst: 3 } }, 10, now);
  const usage = table.find(1);
  const waits = () => table.take(usage, "messages", 1);
  assertEquals([waits(), waits(), waits(), waits(), waits()], [0, 0, 0, 100, 200]);
  time.now = 100;
  assertEquals(table.wait(usage, "messages"), 200);
  time.now = 300;
  assertEquals(table.wait(usage, "messages"), 0);
  time.now = 1_000_000;
  assertEquals([waits(), waits(), waits(), waits()], [0, 0, 0, 100]);
});

Deno.test("over any time, a client gets no more than its burst and its rate", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 100 }),
      (perSecond, burst, pauses) => {
        const { time, now } = clock();
        const table = new ClientTable({ messages: { perMs: perSecond / 1000, burst } }, 10, now);
        const usage = table.find(1);
        let taken = 0;
        for (const pause of pauses) {
          time.now += pause;
          if (table.wait(usage, "messages") > 0) continue;
          table.take(usage, "messages", 1);
          taken++;
        }
        assert(taken <= burst + time.now * perSecond / 1000 + 1e-6);
      },
    ),
    { seed: 21, numRuns: 500 },
  );
});

Deno.test("a million clients take no more memory than maxTrackedClients of them", () => {
  const { time, now } = clock();
  const size = 10_000;
  const table = new ClientTable({ opened: { perMs: 0.001, burst: 2 } }, size, now);
  const abuser = table.find("abuser");
  abuser.connections = 1;
  table.take(abuser, "opened", 100);
  for (let key = 0; key < 1_000_000; key++) {
    if (key % 1000 === 0) time.now++;
    table.take(table.find(key), "opened", 1);
    assert(table.size <= size + 1);
  }
  // A client with a connection is never forgotten.
  assertEquals(table.find("abuser"), abuser);
});

Deno.test("clients whose buckets are full are forgotten before others", () => {
  const { time, now } = clock();
  const table = new ClientTable({ opened: { perMs: 0.001, burst: 2 } }, 32, now);
  for (let key = 0; key < 16; key++) table.find(`full ${key}`);
  const used = Array.from({ length: 16 }, (_, key) => {
    const usage = table.find(`used ${key}`);
    table.take(usage, "opened", 2);
    return usage;
  });
  for (let key = 0; key < 8; key++) table.find(`new ${key}`);
  used.forEach((usage, key) => assertEquals(table.find(`used ${key}`), usage));
  // When no client has sent anything for a while, the table shrinks.
  time.now = 10_000;
  for (let key = 0; key < 64; key++) table.find("last " + key % 2);
  for (let key = 0; key < 64; key++) table.find(`more ${key}`);
  assert(table.size < 40);
});

Deno.test("clients are forgotten where nothing has a rate", () => {
  const table = new ClientTable({}, 1000);
  for (let key = 0; key < 100; key++) {
    const usage = table.find(key);
    assertEquals([table.takeOne(usage, "opened"), table.take(usage, "bytes", 9)], [0, 0]);
  }
  assert(table.size < 10);
});

Deno.test("each IPv4 address or IPv6 /64 network counts as one client", () => {
  assertEquals(clientKey("::ffff:192.0.2.1"), clientKey("192.0.2.1"));
  assertEquals(clientKey("2001:db8::1"), clientKey("2001:0DB8:0:0:ffff::2"));
  assertEquals(clientKey("fe80::1%eth0"), clientKey("fe80::2"));
  assertEquals(clientKey("unix:"), undefined);
  const keys = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"].map(clientKey);
  assertEquals(new Set(keys).size, 4);
});

Deno.test("connections that end make room for others", () => {
  const limits = new ClientLimits({ maxConnections: 1 }, undefined);
  const usage = limits.admit("192.0.2.1:4711");
  assert(usage);
  assertEquals(limits.admit("192.0.2.1:4712"), undefined);
  limits.release(usage!);
  assert(limits.admit("192.0.2.1:4713"));
});

Deno.test("clients in allow have no limits, even if deny has them", () => {
  const options = { maxConnections: 1, allow: ["10.0.0.0/8", "unix:"], deny: ["0.0.0.0/0"] };
  const limits = new ClientLimits(options, undefined);
  for (const address of ["10.0.0.1:1", "10.0.0.1:2", "unix:", "unix:", "[2001:db8::1]:1"]) {
    assert(limits.admit(address), address);
  }
  assertEquals(limits.admit("192.0.2.1:1"), undefined);
  assertEquals(limits.admit("[2001:db8::2]:1"), undefined);
  assertEquals(limits.admitDatagram("192.0.2.1", 1), false);
  assertEquals(limits.admitDatagram("10.0.0.1", 1), true);
});

/** Options that are refused, with the name in the error. */
const BAD: [options: Record<string, unknown>, option: string][] = [
  [{ maxConnections: 0 }, "clientLimits.maxConnections"],
  [{ maxConnections: -1 }, "clientLimits.maxConnections"],
  [{ messagesPerSecond: 0.5 }, "clientLimits.messagesPerSecond"],
  [{ bytesPerSecond: "1MB" }, "clientLimits.bytesPerSecond"],
  [{ connectionBurst: 3 }, "clientLimits.connectionBurst"],
  [{ messageBurst: 3, bytesPerSecond: 1 }, "clientLimits.messageBurst"],
  [{ byteBurst: 3 }, "clientLimits.byteBurst"],
  [{ maxTrackedClients: 0 }, "clientLimits.maxTrackedClients"],
  [{ action: "drop" }, "clientLimits.action"],
  [{ action: 429 }, "clientLimits.action"],
  [{ action: "close", maxConnections: 1 }, "clientLimits.action"],
  [{ deny: ["10.0.0.0/33"] }, "clientLimits.deny"],
  [{ allow: ["10.0.0.7/8"] }, "clientLimits.allow"],
  [{ deny: "10.0.0.0/8" }, "clientLimits.deny"],
  [{ maxConnection: 1 }, "clientLimits.maxConnection"],
];

Deno.test("limits that are not valid are refused, with the name of the option", () => {
  for (const [clientLimits, option] of BAD) {
    const error = assertThrows(
      () => new Goer("text://127.0.0.1:0", { clientLimits }),
      GoerError,
    );
    assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", option]);
  }
  for (
    const clientLimits of [{ maxConnections: 1 }, {
      action: "close" as const,
      messagesPerSecond: 1,
    }]
  ) {
    assertThrows(() => new Goer("udp://127.0.0.1:0", { clientLimits }), GoerError, "UDP");
  }
  assertThrows(() => new Goer(null, { name: "jobs", clientLimits: {} }), GoerError);
});

Deno.test("only HTTP can reject messages", async () => {
  const clientLimits = { action: "reject" as const, messagesPerSecond: 1 };
  const goer = new Goer("text://127.0.0.1:0", { clientLimits });
  const error = await goer.listen().then(() => undefined, (thrown) => thrown);
  assert(error instanceof GoerError);
  assertEquals(error.option, "clientLimits.action");
});
