/** Clients that disconnect while the application decides whether they may connect. */

import { assertEquals } from "@std/assert";
import { connect as connectSocket } from "node:net";
import { until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { handshake, portOf } from "./client.ts";
import { joined, text } from "./frames.ts";

/** How a client disconnects. */
const WAYS = { resets: "resetAndDestroy", ends: "end" } as const;

/** What a client sends first. */
const EARLY = {
  "its request": handshake(),
  "its request and a message": joined([handshake(), text("early")]),
};

for (const [leaves, method] of Object.entries(WAYS)) {
  testOnEach(
    `onConnect is not called for a client that ${leaves} before the decision`,
    async (runtime, context) => {
      await using served = await serve<string[]>(runtime, "tests/websocket/fixtures/undecided.ts");
      const [alone, beside, control] = served.ready;
      using app = await Socket.connect(control);
      const ask = async (line: string) => {
        await app.send(`${line}\n`);
        return await app.line();
      };
      for (const [kind, address] of Object.entries({ alone, beside })) {
        for (const [what, bytes] of Object.entries(EARLY)) {
          await context.step(`WebSocket ${kind}, ${what}`, async () => {
            const client = connectSocket(portOf(address), "127.0.0.1");
            client.on("error", () => {});
            client.resume().write(bytes);
            assertEquals(await served.line(), "asked");
            client[method]();
            // An HTTP service keeps a client that has ended its side until the response.
            if (kind === "beside") assertEquals(await served.line(), "left");
            else await until("its end", async () => await ask("connections") === "0");
            await ask("decide");
            assertEquals(await served.line(), "decided");
            await until("the end of the connection", async () => await ask("connections") === "0");
            await ask("over");
            assertEquals(await served.line(), "over");
          });
        }
      }
      assertEquals(served.stderr, "");
    },
  );
}
