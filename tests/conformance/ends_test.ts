import { once } from "node:events";
import { connect } from "node:net";
import { assertEquals } from "@std/assert";
import type { EndCounts, EndReason } from "../../mod.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { until } from "../helpers/wait.ts";

type Services = Record<string, string>;

/** What makes a connection end. */
interface Case {
  reason: EndReason;
  service: string;
  /** Connects to an address, until the end of the connection. */
  act(address: string): Promise<unknown>;
}

/** Sends a text, and waits for the end. */
function send(text: string): Case["act"] {
  return async (address) => {
    using socket = await Socket.connect(address);
    await socket.send(text);
    await socket.receiveAll().catch(() => {});
  };
}

const CASES: Record<string, Case> = {
  "a peer that ends": { reason: "peer", service: "lines", act: leave },
  "a peer that resets": { reason: "connection_error", service: "lines", act: reset },
  "close": { reason: "app", service: "lines", act: send("close\n") },
  "destroy": { reason: "app", service: "lines", act: send("destroy\n") },
  "a handler that throws": { reason: "handler_error", service: "lines", act: send("throw\n") },
  "a packet over the limit": { reason: "limit", service: "lines", act: send("x".repeat(200)) },
  "a silent peer": { reason: "timeout", service: "idle", act: send("") },
  "HTTP without keep-alive": {
    reason: "protocol",
    service: "web",
    act: send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
  },
  "a bad request": { reason: "protocol_error", service: "web", act: send("GET\r\n\r\n") },
};

async function leave(address: string): Promise<void> {
  using socket = await Socket.connect(address);
  await socket.end();
  await socket.receiveAll();
}

async function reset(address: string): Promise<void> {
  const socket = connect(Number(/\d+$/.exec(address)![0]), "127.0.0.1");
  await once(socket, "connect");
  socket.write("hello\n");
  await once(socket, "data");
  socket.resetAndDestroy();
  await once(socket, "close");
}

async function ended({ statistics }: Services, name: string): Promise<EndCounts> {
  return (await (await fetch(`${statistics}/${name}`)).json()).ended;
}

testOnEach("each connection is counted by what has made it end", async (runtime, context) => {
  await using served = await serve<Services>(runtime, "tests/conformance/ends_app.ts");
  const services = served.ready;
  for (const [name, { reason, service, act }] of Object.entries(CASES)) {
    await context.step(name, async () => {
      const before = await ended(services, service);
      await act(services[service]);
      const changed = async () => {
        const now = Object.entries(await ended(services, service));
        return now.filter(([key, count]) => count !== before[key as EndReason]);
      };
      await until("the end", async () => (await changed()).length > 0);
      assertEquals(await changed(), [[reason, before[reason] + 1]]);
    });
  }
  await context.step("a service that stops", async () => {
    using socket = await Socket.connect(services.stopping);
    await socket.line();
    assertEquals((await ended(services, "stopping")).drain, 1);
  });
});
