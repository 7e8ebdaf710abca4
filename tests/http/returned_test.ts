import { assertEquals, assertMatch } from "@std/assert";
import { http, type HttpOutgoing, HttpResponse } from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** The responses to two requests, for each of which the handler is called. */
async function answers(onMessage: NonNullable<Parameters<typeof openHarness>[1]>["onMessage"]) {
  const errors: string[] = [];
  using peer = openHarness(http, {
    onMessage,
    onError: (_connection, error) => void errors.push(String(error.cause)),
  });
  peer.receive(GET + GET);
  for (let turn = 0; turn < 6; turn++) await turns();
  return { sent: peer.sent, errors };
}

const values: Record<string, () => HttpOutgoing> = {
  "text": () => "returned",
  "bytes": () => new TextEncoder().encode("returned"),
  "an HttpResponse": () => new HttpResponse("returned"),
  "a Response": () => new Response("returned"),
};

for (const [name, make] of Object.entries(values)) {
  Deno.test(`${name} that onMessage returns is sent as the response`, async () => {
    const { sent } = await answers(make);
    assertEquals(sent.match(/HTTP\/1\.1 200[^]*?\r\n\r\nreturned/g)?.length, 2);
  });

  Deno.test(`${name} that the promise of onMessage resolves to is sent`, async () => {
    const { sent } = await answers(() => Promise.resolve(make()));
    assertEquals(sent.match(/HTTP\/1\.1 200[^]*?\r\n\r\nreturned/g)?.length, 2);
  });
}

Deno.test("what onMessage returns after it has responded is not sent", async () => {
  const sync = await answers((connection) => connection.send("sent"));
  const later = await answers(async (connection) => {
    connection.send("sent");
    await undefined;
    return "returned";
  });
  for (const { sent, errors } of [sync, later]) {
    assertEquals(sent.match(/\r\n\r\nsent/g)?.length, 2);
    assertEquals([/returned|accepted/.test(sent), errors], [false, []]);
  }
});

Deno.test("data that is not a response is reported, and the client gets 500", async () => {
  for (const value of [{ name: "you" }, [1]]) {
    for (const onMessage of [() => value, () => Promise.resolve(value)]) {
      const { sent, errors } = await answers(onMessage);
      assertMatch(sent, /^HTTP\/1\.1 500 /);
      assertMatch(errors.join(), /TypeError: .*HttpResponse or a Response/);
    }
  }
});

Deno.test("a handler that returns something by the way may respond later", async () => {
  const { sent } = await answers((connection) => {
    queueMicrotask(() => connection.send("later"));
    return 7;
  });
  assertMatch(sent, /\r\n\r\nlater/);
});
