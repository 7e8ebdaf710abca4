/** Connections as web streams, and as a stream of Node. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, Goer, GoerError, raw, text } from "../../mod.ts";
import { toDuplex } from "../../node.ts";
import { pattern } from "../conformance/harness.ts";
import { inTime, until } from "../helpers/wait.ts";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { serve } from "../helpers/serve.ts";
import { shareOnEach } from "../helpers/shared.ts";
import { Socket } from "../helpers/socket.ts";

/** What the tests do with the services of app.ts. */
interface Services {
  connect(name: string): Promise<Socket>;
  /** Waits for an event. */
  seen(event: string): Promise<void>;
  /** Makes the app send 16 MiB to a service of its own. Returns how many bytes come back. */
  exchange(name: string): Promise<number>;
}

/** Registers a test of app.ts for each runtime. */
const testStreams = shareOnEach<Services>(async (runtime, stack) => {
  const { certFile, keyFile } = stack.use(await makeCertificate());
  const served = stack.use(
    await serve<Record<string, string>>(runtime, "tests/streams/app.ts", {
      args: [certFile, keyFile],
    }),
  );
  const control = stack.use(await Socket.connect(served.ready.control));
  const ask = async (question: string) => {
    await control.send(`${question}\n`);
    return JSON.parse(await inTime(control.line(), question));
  };
  return {
    connect: (service) => Socket.connect(served.ready[service]),
    seen: async (event) => {
      await until(event, async () => (await ask("events")).includes(event));
    },
    exchange: (service) => ask(`exchange ${service}`),
  };
}, NO_OPENSSL);

/** Sends 8 MiB, ends this side, and checks what comes back. */
async function echo(socket: Socket): Promise<void> {
  const sent = pattern(2 ** 23);
  const sending = socket.send(sent).then(() => socket.end());
  const received = await inTime(socket.receiveAll(), "The echo");
  await sending;
  assertEquals(received.length, sent.length);
  assertEquals(received, sent);
}

testStreams("web streams echo 8 MiB to a client that has ended its side", async (services) => {
  using socket = await services.connect("web");
  await echo(socket);
  await services.seen("web well");
});

testStreams("a Duplex echoes 8 MiB to a client that has ended its side", async (services) => {
  using socket = await services.connect("duplex");
  await echo(socket);
  await services.seen("duplex closed");
});

testStreams("a Duplex that is not read holds its peer back", async (services) => {
  using socket = await services.connect("lazy");
  await echo(socket);
  await services.seen("held back");
  await services.seen("lazy 127.0.0.1 number");
  await services.seen(JSON.stringify(["IPv4", false, false, true, "IPv4", 0]));
});

testStreams("destroying a Duplex ends its connection", async (services) => {
  using socket = await services.connect("destroying");
  await socket.send("x");
  await inTime(socket.ending(), "The end");
  await services.seen("destroyed");
});

testStreams("two sides that send 16 MiB to each other do not wait for ever", async (services) => {
  for (const service of ["duplex", "secure", "handler", "chain"]) {
    assertEquals([service, await services.exchange(service)], [service, 2 ** 24]);
  }
  await services.seen("encrypted: true");
});

Deno.test("a stream refuses what is neither bytes nor text, and says so", async () => {
  await using service = await new Goer("tcp://127.0.0.1:0").listen();
  for (const chunk of [5, undefined, {}, new ArrayBuffer(1)]) {
    const client = await connect(service.address, { protocol: raw });
    const writer = client.writable.getWriter();
    await assertRejects(() => writer.write(chunk as never), TypeError, "Cannot send");
    client.destroy();
  }
});

Deno.test("streams are refused where messages are not raw bytes", async () => {
  await using service = await new Goer("text://127.0.0.1:0").listen();
  for (const reconnect of [true, false]) {
    const client = await connect(service.address, { protocol: text, reconnect });
    for (const use of [() => client.readable, () => client.writable, () => toDuplex(client)]) {
      const error = assertThrows(use, GoerError);
      assertEquals(error.code, "GOER_NOT_SUPPORTED");
    }
    client.close();
  }
  const none = assertThrows(() => toDuplex({} as never), GoerError);
  assertEquals(none.code, "GOER_INVALID_ARGUMENT");
});
