import { assertEquals } from "@std/assert";
import * as net from "node:net";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { inTime, until } from "../helpers/wait.ts";
import { queueOf } from "../helpers/queue.ts";
import { serve } from "../helpers/serve.ts";
import { type RegisterTest, shareOnEach } from "../helpers/shared.ts";
import { Socket } from "../helpers/socket.ts";
import { withListeningSocket } from "./processes.ts";

/** Services of crowd_app.ts. */
type Service = "tcp" | "tls" | "unix" | "fd";

/** The running app. */
interface Crowd {
  addresses: Record<Service, string>;
  /** Connects to a service, and returns the greeting. */
  greeted(service: Service): Promise<string>;
}

/** The name of each service in test names. */
const SERVICES: Record<Service, string> = {
  tcp: "a TCP socket",
  tls: "a TLS socket",
  unix: "a Unix socket",
  fd: "an inherited socket",
};

/** Starts an app with this many descriptors on each runtime. Returns what registers its tests. */
function shareCrowd(descriptors: number): RegisterTest<Crowd> {
  return shareOnEach<Crowd>(async (runtime, stack) => {
    const certificate = stack.use(await makeCertificate());
    const folder = await Deno.makeTempDir({ prefix: "goer" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const { ready: addresses } = stack.use(
      await serve<Crowd["addresses"]>(runtime, "tests/conformance/crowd_app.ts", {
        args: [folder, certificate.certFile, certificate.keyFile, "3"],
        prefix: [...await withListeningSocket(), "prlimit", `--nofile=${descriptors}`],
      }),
    );
    return { addresses, greeted: (service) => greeted(addresses[service], certificate.cert) };
  }, NO_OPENSSL);
}

/** Connects to an address, and returns the greeting. */
async function greeted(address: string, cert: string): Promise<string> {
  if (!address.includes("tls:")) {
    using socket = await Socket.connect(address);
    return await socket.line();
  }
  const { hostname, port } = new URL(address.replace(/^.*:\/\//, "http://"));
  using conn = await inTime(
    Deno.connectTls({ hostname, port: Number(port), caCerts: [cert] }),
    "A handshake",
  );
  const bytes = new Uint8Array(6);
  await inTime(conn.read(bytes), "A greeting");
  return new TextDecoder().decode(bytes).trim();
}

/** How many descriptors the app gets: enough to start. */
const DESCRIPTORS = 128;

const testCrowd = shareCrowd(DESCRIPTORS);
const testServices = shareCrowd(1024);

for (const service of ["tcp", "tls", "unix", "fd"] as const) {
  testCrowd(
    `${SERVICES[service]} is served again when descriptors are available again`,
    async ({ addresses, greeted }) => {
      const crowd: Socket[] = [];
      while (crowd.length < DESCRIPTORS + 20) {
        const connecting = () => Socket.connect(addresses[service]).catch(() => false as const);
        crowd.push(await until("a place in the queue", connecting));
      }
      // The app has had time to run out of descriptors and to notice it.
      await new Promise((resolve) => setTimeout(resolve, 300));
      for (const socket of crowd) socket.close();
      // Node closes connections that arrive before descriptors are available.
      const greeting = await until("a greeting", () => greeted(service).catch(() => false));
      assertEquals(greeting, "hello");
    },
  );
}

testServices(
  "peers that disconnect before they are accepted do not delay others",
  async ({ addresses }) => {
    using control = await Socket.connect(addresses.unix);
    await control.line();
    for (const [index, service] of (["tcp", "fd"] as const).entries()) {
      const pauses = () => events.filter((event) => event === "pause").length;
      await control.send("block\n");
      await Promise.all(Array.from({ length: 40 }, () => resetAtOnce(addresses[service])));
      using next = await Socket.connect(addresses[service]);
      assertEquals(await next.line(), "hello");
      await next.send("events\n");
      let events: string[] = JSON.parse(await next.line());
      assertEquals([service, pauses()], [service, index]);
      const strange = events.filter((event) => /(^| ):0/.test(event));
      assertEquals(strange, [], "a peer without an address was accepted");
      await until("the pause", async () => {
        await next.send("events\n");
        events = JSON.parse(await next.line());
        return pauses() > index;
      });
    }
  },
);

/** Connects, and resets the connection. */
async function resetAtOnce(address: string): Promise<void> {
  const { hostname, port } = new URL(address.replace(/^.*:\/\//, "http://"));
  const socket = net.connect({ host: hostname, port: Number(port) });
  await new Promise((resolve) => socket.once("connect", resolve));
  await new Promise((resolve) => socket.once("close", resolve).resetAndDestroy());
}

testServices("a closed connection still knows both addresses", async ({ addresses }) => {
  for (const service of ["tcp", "fd"] as const) {
    const socket = await Socket.connect(addresses[service]);
    await socket.line();
    const remote = socket.localAddress;
    socket.close();
    using other = await Socket.connect(addresses[service]);
    await other.line();
    const close = await until("the close", async () => {
      await other.send("events\n");
      const events: string[] = JSON.parse(await other.line());
      return events.find((event) => event.startsWith(`close ${remote} `));
    });
    assertEquals(close, `close ${remote} ${addresses[service].replace(/^.*:\/\//, "")}`);
  }
});

testServices("the backlog applies to each kind of socket", async ({ addresses }) => {
  for (const service of Object.keys(SERVICES) as Service[]) {
    assertEquals([service, await queueOf(addresses[service].replace(/^.*:\/\//, ""))], [
      service,
      77,
    ]);
  }
});
