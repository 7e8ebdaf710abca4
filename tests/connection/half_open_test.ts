/** Connections of which one side ends before the other. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, Goer, GoerError } from "../../mod.ts";
import { inTime, until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";

/** The running services of fixtures/half_open.ts. */
interface Services {
  connect(name: string): Promise<Socket>;
  /** Waits until the app has recorded all of these events, and returns all of them. */
  events(...expected: string[]): Promise<string[]>;
}

/** Registers a test of the app for each runtime. */
function testHalfOpen(name: string, body: (services: Services) => Promise<void>): void {
  testOnEach(name, async (runtime) => {
    await using served = await serve<Record<string, string>>(
      runtime,
      "tests/connection/fixtures/half_open.ts",
    );
    using control = await Socket.connect(served.ready.control);
    await body({
      connect: (service) => Socket.connect(served.ready[service]),
      events: (...expected) =>
        until(expected.join(), async () => {
          await control.send("events\n");
          const events: string[] = JSON.parse(await control.line());
          return expected.every((event) => events.includes(event)) && events;
        }),
    });
  });
}

/** Sends text, ends this side, and returns everything that comes back. */
async function exchange(socket: Socket, text: string): Promise<string> {
  await socket.send(text);
  await socket.end();
  return new TextDecoder().decode(await inTime(socket.receiveAll(), "The answer"));
}

testHalfOpen("with allowHalfOpen, a connection answers after its peer's end", async (services) => {
  using socket = await services.connect("open");
  assertEquals(await exchange(socket, "one\ntwo\nthree\n"), "one,two,three\nend\n");
  await services.events("open closed well");
});

testHalfOpen("without allowHalfOpen, a connection closes after onEnd", async (services) => {
  using socket = await services.connect("plain");
  assertEquals(await exchange(socket, "one\ntwo\n"), "one\ntwo\nbye\n");
});

testHalfOpen("after end(), every message of the peer still arrives", async (services) => {
  using socket = await services.connect("ending");
  await socket.send("end\n");
  assertEquals(new TextDecoder().decode(await socket.receiveAll()), "last\n");
  await socket.send("one\ntwo\n");
  await socket.send("three\n");
  await socket.end();
  assertEquals(await services.events("closed well"), [
    ...["not open", "closed"],
    ...["one", "two", "three"],
    ...["end", "closed well"],
  ]);
});

testHalfOpen("a proxy carries the answer that follows the client's end", async (services) => {
  using socket = await services.connect("proxy");
  assertEquals(await exchange(socket, "x".repeat(100_000)), "100000 bytes");
  await services.events("proxy closed well");
});

testHalfOpen("a proxy carries what follows the backend's end", async (services) => {
  using socket = await services.connect("hastyProxy");
  assertEquals(new TextDecoder().decode(await socket.receiveAll()), "hello");
  await socket.send("late");
  await socket.end();
  await services.events("late", "proxy closed well");
});

Deno.test("options of half-open connections are refused where they have no effect", async () => {
  for (const options of [{ allowHalfOpen: true }, { onEnd() {} }]) {
    const [name] = Object.keys(options);
    const udp = assertThrows(() => new Goer("udp://127.0.0.1:0", options), GoerError);
    assertEquals([udp.code, udp.option], ["GOER_INVALID_ARGUMENT", name]);
    const http = new Goer("ws://127.0.0.1:0", options);
    const webSocket = await assertRejects(() => http.listen(), GoerError, "an end of its own");
    assertEquals([webSocket.code, webSocket.option], ["GOER_INVALID_ARGUMENT", name]);
    const client = await assertRejects(() => connect("ws://127.0.0.1:9", options), GoerError);
    assertEquals(client.option, name);
  }
});
