/** How long a client may take for a request, however it uses the time. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHttp } from "../../protocols/http/mod.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { bytesOf, latin1, openHarness, turns } from "../helpers/session_harness.ts";
import { Socket } from "../helpers/socket.ts";
import { handshake } from "../websocket/client.ts";

function pause(delay: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}

/** The start of a request of each kind, and how its body continues. */
const ENDLESS: Record<string, [head: string, piece: string]> = {
  "with a length": ["Content-Length: 1000000", "a"],
  "in chunks": ["Transfer-Encoding: chunked", "1\r\na\r\n"],
};

for (const [kind, [field, piece]] of Object.entries(ENDLESS)) {
  const head = `POST / HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`;
  const options = { requestTimeout: 100, bodyTimeout: 60, minBodyRate: 100 };

  Deno.test(`a body ${kind} that is fast enough must still end within requestTimeout`, async () => {
    const errors: unknown[] = [];
    using peer = openHarness(createHttp(options), {
      onMessage: (_, request) => request.text().catch((error) => void errors.push(error.status)),
    });
    peer.receive(head);
    for (let count = 0; !peer.ended; count++) {
      assert(count < 10_000, "the body could go on for ever");
      peer.receive(piece);
      await pause(2);
    }
    assertMatch(peer.sent, /^HTTP\/1\.1 408 /);
    assertEquals(errors, [408]);
  });

  Deno.test(`the rest of a body ${kind} after the response must end within requestTimeout, too`, async () => {
    using peer = openHarness(createHttp(options), {
      onMessage: (connection) => connection.send("ok"),
    });
    peer.receive(head.replace("1000000", "60000"));
    for (let count = 0; !peer.ended; count++) {
      assert(count < 10_000, "the body could go on for ever");
      peer.receive(piece);
      await pause(2);
    }
    assertMatch(peer.sent, /^HTTP\/1\.1 200 [^]*ok$/);
  });
}

Deno.test("each request of a connection has its own time", async () => {
  const protocol = createHttp({ requestTimeout: 400, minBodyRate: 1 });
  using peer = openHarness(protocol, {
    onMessage: async (connection, request) => void connection.send(await request.text()),
  });
  for (let request = 0; request < 4; request++) {
    peer.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
    await pause(150);
    peer.receive("b");
    await turns();
  }
  assertEquals(peer.sent.match(/HTTP\/1\.1 200 /g)?.length, 4);
  assertEquals(peer.ended, false);
});

Deno.test("head and body share the time of a request", async () => {
  const protocol = createHttp({ requestTimeout: 400, minBodyRate: 1 });
  using peer = openHarness(protocol, {
    onMessage: (connection, request) =>
      request.text().then((text) => void connection.send(text), () => {}),
  });
  peer.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n");
  await pause(250);
  peer.receive("\r\na");
  await pause(250);
  if (!peer.ended) peer.receive("b");
  await turns();
  assertMatch(peer.sent, /^HTTP\/1\.1 408 /);
});

Deno.test("time in which the application does not read a body does not count", async () => {
  const protocol = createHttp({ requestTimeout: 60, minBodyRate: 1 });
  using peer = openHarness(protocol, {
    async onMessage(connection, request) {
      const reader = request.body!.getReader();
      await pause(150);
      while (!(await reader.read()).done);
      connection.send("ok");
    },
  });
  peer.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 140000\r\n\r\n");
  peer.receive("a".repeat(70_000));
  peer.receive("a".repeat(70_000));
  while (peer.sent === "") await pause(5);
  assertMatch(peer.sent, /^HTTP\/1\.1 200 [^]*ok$/);
});

// ---- over sockets ----

/** Sends `head`, then `piece` repeatedly, until the server ends; returns what the server sent. */
async function trickle(address: string, head: string, piece: string): Promise<string> {
  using socket = await Socket.connect(address);
  let ended = false;
  const answer = socket.receiveAll().finally(() => ended = true);
  await socket.send(bytesOf(head));
  while (!ended) {
    await socket.send(bytesOf(piece)).catch(() => {});
    await pause(5);
  }
  return latin1(await answer);
}

const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
const HANDSHAKE = latin1(handshake());
const TIMEOUT = "HTTP/1.1 408 Request Timeout\r\n";
/** A close frame with 1008. */
const CLOSE = "\x88\x02\x03\xf0";

/** The input to each service, how it continues, and the response. */
const TRICKLES: Record<string, [service: number, head: string, piece: string, answer: string]> = {
  "a head": [0, "GET / HTTP/1.1\r\nA: ", "a", TIMEOUT],
  "a body, fast enough": [0, POST, "a", TIMEOUT],
  "a body, too slowly": [1, POST, "a", TIMEOUT],
  "a handshake": [2, "GET / HTTP/1.1\r\nA: ", "a", TIMEOUT],
  "a frame": [2, `${HANDSHAKE}\x82\xfe\x27\x10\0\0\0\0`, "a", CLOSE],
  "a message, in fragments": [
    2,
    `${HANDSHAKE}\x02\x81\0\0\0\0a`,
    "\x00\x81\0\0\0\0a",
    CLOSE,
  ],
};

testOnEach("a peer that never finishes does not stay connected", async (runtime, context) => {
  const app = "tests/http/fixtures/hurried.ts";
  await using served = await serve<string[]>(runtime, app);
  for (const [what, [service, head, piece, answer]] of Object.entries(TRICKLES)) {
    await context.step(what, async () => {
      assertStringIncludes(await trickle(served.ready[service], head, piece), answer);
    });
  }
});
