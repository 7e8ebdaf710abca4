/**
 * The channels between processes, over real Unix sockets.
 */

import { assert, assertEquals } from "@std/assert";
import {
  connectLocal,
  listenLocal,
  type LocalSocket,
} from "../../src/runtime/sockets/local_socket.ts";
import { record, text } from "../../src/shapes.ts";
import { Channel } from "../../src/supervisor/ipc/channel.ts";

/** More than sockets of the system hold. */
const SIZE = 8 * 1024 * 1024;

Deno.test("the end of a channel waits for a reader that is slow, and loses nothing", async () => {
  const path = await Deno.makeTempFile({ suffix: ".sock" });
  await Deno.remove(path);
  let received = 0;
  let accept = (_: LocalSocket) => {};
  const accepted = new Promise<LocalSocket>((resolve) => accept = resolve);
  let hangUp = () => {};
  const over = new Promise<void>((resolve) => hangUp = resolve);
  const listener = await listenLocal(path, (socket) => {
    accept(socket);
    return { onBytes: (bytes) => received += bytes.length, onClose: () => hangUp() };
  });
  const channel = new Channel({ accepts: record({ type: text(8) }), onMessage: () => {} });
  channel.accept(await connectLocal(path, { onBytes: () => {}, onClose: () => {} }));
  const peer = await accepted;
  peer.pause();

  channel.sendBytes(new Uint8Array(SIZE));
  let ended = false;
  const end = channel.end().then(() => ended = true);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert(!ended, "it ended before the other side had read everything");
  peer.resume();
  await end;
  await over;
  assertEquals(received, SIZE + 5);
  listener.close();
});

Deno.test("a channel that has ended before ends at once", async () => {
  const channel = new Channel({ accepts: record({ type: text(8) }), onMessage: () => {} });
  await channel.end();
});
