/** Clients that disconnect or stall, over real sockets. */

import { assertEquals, assertMatch } from "@std/assert";
import { capabilitiesOf } from "../helpers/capabilities.ts";
import { type Runtime, testOnEach } from "../helpers/runtimes.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { latin1 } from "../helpers/session_harness.ts";
import { Socket } from "../helpers/socket.ts";

type Site = Served<{ addresses: string[] }>;

function serveSite(runtime: Runtime): Promise<Site> {
  return serve(runtime, "tests/http/fixtures/leaving.ts");
}

/** Connects, and sends a request. */
async function ask(site: Site, path: string, rest = "Host: a\r\n\r\n"): Promise<Socket> {
  const socket = await Socket.connect(site.ready.addresses[0]);
  await socket.send(`POST ${path} HTTP/1.1\r\n${rest}`);
  return socket;
}

/** The next line of the app. */
async function said(site: Site): Promise<string> {
  return JSON.parse(await site.line());
}

async function received(socket: Socket): Promise<string> {
  return latin1(await socket.receiveAll());
}

const WAITING = ["/wait", "/fetch/wait"];

testOnEach(
  "a client that ends its side aborts the signal and gets the response",
  async (runtime) => {
    await using site = await serveSite(runtime);
    for (const path of WAITING) {
      using socket = await ask(site, path);
      await socket.end();
      assertEquals(await said(site), "aborted");
      assertMatch(await received(socket), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nlate$/);
    }
  },
);

testOnEach(
  "a client that disconnects after a body in two reads aborts the signal",
  async (runtime) => {
    await using site = await serveSite(runtime);
    for (const reset of [false, true]) {
      // Bytes that a client has not received when it closes cause a reset.
      const fields = reset ? "Expect: 100-continue\r\n" : "";
      using socket = await ask(site, "/wait", `Host: a\r\n${fields}Content-Length: 6\r\n\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await socket.send("abc");
      await new Promise((resolve) => setTimeout(resolve, 50));
      await socket.send("def");
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.close();
      assertEquals(await said(site), "aborted");
    }
  },
);

testOnEach(
  "a signal that is read after the client has disconnected is aborted",
  async (runtime) => {
    await using site = await serveSite(runtime);
    using gone = await ask(site, "/late");
    gone.close();
    assertEquals(await said(site), "aborted");
    using _there = await ask(site, "/late");
    assertEquals(await said(site), "not aborted");
  },
);

testOnEach("a client that disconnects cancels a silent stream", async (runtime) => {
  await using site = await serveSite(runtime);
  for (const path of ["/silent", "/fetch/silent"]) {
    using socket = await ask(site, path);
    await socket.line();
    socket.close();
    assertEquals(await said(site), "cancelled");
  }
});

testOnEach(
  "twenty clients that disconnect from their events leave no generator running",
  async (runtime) => {
    await using site = await serveSite(runtime);
    for (const path of ["/events", "/ticks"]) {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => ask(site, path)));
      for (const socket of sockets) {
        for (let line = ""; !line.startsWith("data:"); line = await socket.line());
        socket.close();
      }
      for (const _ of sockets) assertEquals(await said(site), "returned");
    }
  },
);

testOnEach("a client that ends its side gets the complete stream", async (runtime) => {
  await using site = await serveSite(runtime);
  using socket = await ask(site, "/slowly");
  await socket.end();
  assertMatch(await received(socket), /\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n$/);
});

testOnEach("a body that stalls right after the head gets 408", async (runtime) => {
  await using site = await serveSite(runtime);
  using socket = await ask(site, "/read", "Host: a\r\nContent-Length: 5\r\n\r\n");
  assertMatch(await received(socket), /^HTTP\/1\.1 408 Request Timeout\r\n/);
});

testOnEach("an unread body that stalls after the response ends the connection", async (runtime) => {
  await using site = await serveSite(runtime);
  for (const body of ["", "ab"]) {
    using socket = await ask(site, "/unread", `Host: a\r\nContent-Length: 5\r\n\r\n${body}`);
    assertMatch(await received(socket), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nunread$/);
  }
});

testOnEach("a stream to HTTP/1.0 that fails does not end like a complete one", async (runtime) => {
  await using site = await serveSite(runtime);
  using socket = await Socket.connect(site.ready.addresses[0]);
  await socket.send("GET /failing HTTP/1.0\r\n\r\n");
  const ending = capabilitiesOf(runtime).reset ? "reset" : "end";
  assertEquals(await socket.ending(), ending);
  assertMatch(await said(site), /Cannot send the body of a response/);
});
