import { assertEquals } from "@std/assert";
import { ClientPongs } from "../../protocols/websocket/pongs.ts";
import { WriteQueue } from "../../src/bytes/send_buffer.ts";

Deno.test("while a lot waits for the server, only its last ping is answered, and later", () => {
  const out = new WriteQueue();
  const connection = { open: true, bufferedBytes: 2 ** 20 };
  const listeners: (() => void)[] = [];
  const pongs = new ClientPongs({
    connection: connection as never,
    out,
    flush: () => {},
    onceDrained: (listener) => void listeners.push(listener),
  });
  for (let count = 0; count < 1000; count++) pongs.answer(Uint8Array.of(count & 0xff));
  assertEquals([out.length, listeners.length], [0, 1]);
  connection.bufferedBytes = 0;
  listeners[0]();
  // Two bytes of the header, four of the mask, one of data.
  assertEquals(out.length, 7);
});
