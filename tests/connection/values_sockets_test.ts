/** Mistakes of an application over real sockets: no connection may get another one's bytes. */

import { assertEquals } from "@std/assert";
import { inTime } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { framed } from "../conformance/harness.ts";
import { handshake, portOf, RawClient } from "../websocket/client.ts";
import { text } from "../websocket/frames.ts";
import { lying, WRONG } from "./values.ts";

/** Requests the value of an expression, and returns everything up to the line with the result. */
type Ask = (expression: string) => Promise<string>;

const decoder = new TextDecoder("latin1");

/** Each kind of service, and how a client uses it. */
const KINDS: Record<string, (address: string, body: (ask: Ask) => Promise<void>) => Promise<void>> =
  {
    async raw(address, body) {
      using socket = await Socket.connect(address);
      await body(async (expression) => {
        await socket.send(expression);
        return await socket.line();
      });
    },
    async frame(address, body) {
      using socket = await Socket.connect(address);
      await body(async (expression) => {
        await socket.send(framed(new TextEncoder().encode(expression)));
        let whole = "";
        while (!whole.endsWith("\n")) {
          const length = new DataView((await socket.receive(4)).buffer).getUint32(0);
          whole += await socket.text(length - 4);
        }
        return whole.trimEnd();
      });
    },
    async udp(address, body) {
      const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
      const target = { transport: "udp", hostname: "127.0.0.1", port: portOf(address) } as const;
      const ask = async (expression: string) => {
        await socket.send(new TextEncoder().encode(expression), target);
        let whole = "";
        while (!whole.endsWith("\n")) {
          const [bytes] = await inTime(socket.receive(new Uint8Array(65_536)), "A datagram");
          whole += decoder.decode(bytes);
        }
        return whole.trimEnd();
      };
      await body(ask).finally(() => socket.close());
    },
    async websocket(address, body) {
      using client = await RawClient.connect(portOf(address));
      await client.write(handshake());
      await client.answer();
      await body(async (expression) => {
        await client.write(text(expression));
        let whole = "";
        while (!whole.endsWith("\n")) whole += decoder.decode((await client.frame())!.payload);
        return whole.trimEnd();
      });
    },
    async http(address, body) {
      await body(async (expression) => {
        const response = await fetch(`${address}/?${encodeURIComponent(expression)}`);
        return (await response.text()).trimEnd();
      });
    },
  };

testOnEach(
  "what cannot be sent is a TypeError, and a false length property is ignored",
  async (runtime, context) => {
    const app = "tests/connection/fixtures/values.ts";
    await using served = await serve<Record<string, string>>(runtime, app);
    for (const [kind, open] of Object.entries(KINDS)) {
      await context.step(kind, async () => {
        await open(served.ready[kind], async (ask) => {
          for (const [type, expression] of Object.entries(WRONG)) {
            using other = await Socket.connect(served.ready.secret);
            await other.receiveAll();
            const outcome = await ask(expression);
            assertEquals(
              outcome.slice(0, outcome.indexOf(":", 11)),
              `TypeError: Cannot send ${type}`,
            );
          }
          for (const size of [2, 40, 5000]) {
            for (const expression of lying(size, 50_000)) {
              const outcome = kind === "http" ? "" : "accepted";
              assertEquals(await ask(expression), "x".repeat(size) + outcome);
            }
          }
        });
      });
    }
  },
);
