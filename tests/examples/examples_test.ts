/** Examples that consist of several services or protocols, over workers, under each runtime. */

import { assertEquals, assertMatch } from "@std/assert";
import { connect } from "../../mod.ts";
import { inTime, until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { Socket } from "../helpers/socket.ts";
import { freePort } from "../supervisor/app.ts";
import { start } from "./start.ts";

/** Responds to one request by a connection of its own: any worker may take it. */
async function request(address: string, body?: string): Promise<{ status: number; text: string }> {
  const method = body === undefined ? "GET" : "POST";
  const response = await fetch(address, { method, body, headers: { Connection: "close" } });
  return { status: response.status, text: await response.text() };
}

testOnEach("a command over HTTP reaches a device in another worker", async (runtime) => {
  const [DEVICES, COMMANDS] = [`text://127.0.0.1:${freePort()}`, `http://127.0.0.1:${freePort()}`];
  await using _app = await start(
    runtime,
    "iot_gateway",
    { DEVICES, COMMANDS },
    "--workers=2",
  );
  using device = await Socket.connect(DEVICES);
  await device.send("login lamp\n");
  const greeting = await device.line();
  assertMatch(greeting, /^hello lamp, you are at worker \d+$/);
  const home = Number(greeting.split(" ").at(-1));
  let sent = 0;
  await until("a command by the other worker", async () => {
    const { status, text } = await request(`${COMMANDS}/devices/lamp`, `on ${++sent}`);
    assertEquals(status, 202);
    return JSON.parse(text).worker !== home;
  });
  for (let count = 1; count <= sent; count++) {
    assertEquals(await device.line(), `command on ${count}`);
  }
});

testOnEach("the gateway lists its devices and shows which are offline", async (runtime) => {
  const [DEVICES, COMMANDS] = [`text://127.0.0.1:${freePort()}`, `http://127.0.0.1:${freePort()}`];
  await using _app = await start(
    runtime,
    "iot_gateway",
    { DEVICES, COMMANDS },
    "--workers=2",
  );
  using device = await Socket.connect(DEVICES);
  await device.send("login lamp\n");
  await device.line();
  assertEquals((await request(`${COMMANDS}/devices`)).text, '{"devices":["lamp"]}');
  assertEquals(await request(`${COMMANDS}/devices/door`, "open"), {
    status: 404,
    text: "door is offline",
  });
  using stranger = await Socket.connect(DEVICES);
  await stranger.send("on\n");
  assertEquals(await stranger.line(), "error: say login and your name first");
});

testOnEach("a request is queued for a worker of the jobs", async (runtime) => {
  const ADDRESS = `http://127.0.0.1:${freePort()}`;
  await using app = await start(runtime, "jobs", { ADDRESS });
  const { services } = await app.status();
  assertEquals(services.map(({ name, workers }) => `${name} ${workers}`), ["jobs 2", "web 1"]);
  assertEquals(await request(ADDRESS, "hello"), { status: 202, text: "queued" });
  await until("the job", async () => /worker [01] has sent "hello"/.test(await app.log()));
});

testOnEach("a Hono app has a WebSocket route", async (runtime) => {
  const address = `http://127.0.0.1:${freePort()}`;
  await using _app = await start(
    runtime,
    "hono_websocket",
    {},
    "--workers=2",
    `--listen=${address}`,
  );
  assertEquals((await request(`${address}/hello/you`)).text, "hello you");
  assertEquals((await request(`${address}/nothing`)).status, 404);
  const received: unknown[] = [];
  const echoed = Promise.withResolvers<void>();
  const socket = await connect(`ws://${address.slice("http://".length)}/echo`, {
    onMessage(connection, message) {
      if (received.push(message) === 1) connection.send("hello");
      else echoed.resolve();
    },
  });
  await inTime(echoed.promise, "the echo");
  socket.close();
  assertEquals(received, ["welcome", "hello"]);
});
