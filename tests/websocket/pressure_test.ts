/** Peers that flood, do not read or disconnect, and their cost. */

import { assert, assertEquals } from "@std/assert";
import { webSocketSettings } from "../../protocols/websocket/settings.ts";
import { framesProtocol } from "../../protocols/websocket/upgrade.ts";
import { type Harness, openHarness } from "../helpers/session_harness.ts";
import { BINARY, close, CONTINUATION, frame, joined, PING } from "./frames.ts";

/** The frames of a server, after the handshake. */
function frames() {
  const handshake = { client: false, agreement: undefined, target: "/", subprotocol: "" };
  return framesProtocol(webSocketSettings({}), handshake);
}

const pings = joined(
  Array.from({ length: 100 }, () => frame({ opcode: PING, payload: "12345678" })),
);

Deno.test("Goer stops reading from a peer that pings without end and does not read", () => {
  using peer = openHarness(frames(), { stalled: true, maxSendBufferSize: 10_000 });
  for (let round = 0; round < 1000 && !peer.paused; round++) peer.receive(pings);
  assert(peer.paused);
  assert(peer.connection.bufferedBytes < 12_000, `${peer.connection.bufferedBytes} bytes wait`);
});

Deno.test("reading continues when the peer reads again, and no pong is lost", () => {
  using peer = openHarness(frames(), { stalled: true, maxSendBufferSize: 10_000 });
  let rounds = 0;
  for (; rounds < 1000 && !peer.paused; rounds++) peer.receive(pings);
  while (peer.connection.bufferedBytes > 0) peer.flush();
  assert(!peer.paused);
  assertEquals(peer.sent.length, rounds * 100 * 10);
});

Deno.test("a peer that does not read can still close", () => {
  using peer = openHarness(frames(), { stalled: true, maxSendBufferSize: 1000 });
  fill(peer);
  peer.connection.close({ code: 4000 });
  peer.receive(close(4000));
  while (peer.connection.bufferedBytes > 0) peer.flush();
  assert(peer.ended);
});

/** Sends until the send buffer is full. */
function fill(peer: Harness<string | Uint8Array, unknown>): void {
  while (peer.connection.send("x".repeat(100)) !== "full");
}

Deno.test("endless empty fragments are neither a message nor an error", () => {
  using peer = openHarness(frames());
  peer.receive(frame({ opcode: BINARY, fin: false }));
  const empty = joined(
    Array.from({ length: 1000 }, () => frame({ opcode: CONTINUATION, fin: false })),
  );
  for (let round = 0; round < 200; round++) peer.receive(empty);
  assertEquals([peer.paused, peer.ended, peer.errors], [false, false, []]);
});
