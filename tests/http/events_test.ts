import { assertEquals } from "@std/assert";
import { http, sendEvents, type ServerSentEvent } from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

/** What a client receives for events. */
async function received(...events: unknown[]): Promise<{ body: string; errors: number }> {
  async function* source(): AsyncGenerator<ServerSentEvent> {
    for (const event of events) yield await event as ServerSentEvent;
  }
  using peer = openHarness(http, {
    onMessage: (connection) => connection.send(sendEvents(source())),
  });
  // An HTTP/1.0 client receives the body without chunks.
  peer.receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  for (let turn = 0; turn < 6; turn++) await turns();
  return { body: peer.sent.slice(peer.sent.indexOf("\r\n\r\n") + 4), errors: peer.errors.length };
}

/** The fields of events as a client parses them (HTML, section 9.2.6). */
function fieldsOf(body: string): [name: string, value: string][] {
  return body.split(/\r\n|\r|\n/).filter((line) => line !== "").map((line) => {
    const [, name, value] = /^([^:]*)(?:: ?)?(.*)$/.exec(line)!;
    return [name, value];
  });
}

Deno.test("an event is sent with its fields", async () => {
  const { body } = await received({ comment: "c", event: "e", data: "d", id: 0, retry: 0 });
  assertEquals(fieldsOf(body), [["", "c"], ["event", "e"], ["data", "d"], ["id", "0"], [
    "retry",
    "0",
  ]]);
  assertEquals(body.endsWith("\n\n"), true);
});

Deno.test("leading spaces and an empty value arrive", async () => {
  const { body } = await received({ event: " e", data: " a\n  b\n", id: " 1" }, { data: "" });
  assertEquals(fieldsOf(body), [
    ["event", " e"],
    ["data", " a"],
    ["data", "  b"],
    ["data", ""],
    ["id", " 1"],
    ["data", ""],
  ]);
});

Deno.test("line ends in data and comments do not add fields", async () => {
  for (const end of ["\r\n", "\r", "\n"]) {
    const { body } = await received({
      data: `a${end}id: 9${end}${end}b`,
      comment: `c${end}data: x`,
    });
    assertEquals(fieldsOf(body), [
      ["", "c"],
      ["", "data: x"],
      ["data", "a"],
      ["data", "id: 9"],
      ["data", ""],
      ["data", "b"],
    ]);
  }
});

Deno.test("line ends in other fields are refused, and the response ends before that event", async () => {
  for (const end of ["\r\n", "\r", "\n"]) {
    const value = `1${end}data: x`;
    for (const field of ["id", "event", "retry"]) {
      const { body, errors } = await received({ data: "a" }, { [field]: value, data: "b" });
      assertEquals([fieldsOf(body), errors], [[["data", "a"]], 1], field);
    }
  }
});
