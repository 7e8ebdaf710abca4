/** Responses of text, whose length decides on how they are written. */

import { assertEquals } from "@std/assert";
import { http } from "../../protocols/http/mod.ts";
import { bytesOf, openHarness } from "../helpers/session_harness.ts";

Deno.test("a text of any length and characters is sent with its length in bytes", () => {
  const characters = ["a", "ü", "€", "\u{1f600}", "\ud800"];
  const lengths = [0, 1, 4, 5, 33, 34, 99, 100, 255, 256, 257, 333, 500, 999, 1000, 3333, 3334];
  using peer = openHarness(http, {
    onMessage: (connection, request) => connection.send(textOf(request.path)),
  });
  function textOf(path: string): string {
    const [, length, index] = path.split("/").map(Number);
    return `${"-".repeat(length % 3)}${characters[index].repeat(length)}`;
  }
  let sent = "";
  for (const length of [...lengths, 4095, 4096, 4097, 10_000]) {
    for (const index of characters.keys()) {
      const path = `/${length}/${index}`;
      peer.receive(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const [head, ...body] = peer.sent.slice(sent.length).split("\r\n\r\n");
      sent = peer.sent;
      const expected = new TextEncoder().encode(textOf(path));
      assertEquals(/Content-Length: (\d+)$/.exec(head)?.[1], String(expected.length), path);
      assertEquals(bytesOf(body.join("")), expected, path);
    }
  }
});
