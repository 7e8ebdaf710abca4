/** The heartbeat of the examples on each runtime. */

import { assertEquals } from "@std/assert";
import { bundled } from "../helpers/bundled.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";

const APP = "tests/timer/fixtures/heartbeat.ts";
/** In ms: a peer on a machine under load has two whole seconds to answer. */
const INTERVAL = "1000";

testOnEach(
  "the heartbeat keeps a peer that answers, and drops one that is silent",
  async (runtime) => {
    const env = { HEARTBEAT_ADDRESS: "tcp://127.0.0.1:0", HEARTBEAT_INTERVAL: INTERVAL };
    await using app = await serve<{ addresses: string[] }>(bundled(runtime), APP, { env });
    const [address] = app.ready.addresses;
    using silent = await Socket.connect(address);
    using alive = await Socket.connect(address);
    let heard = "";
    const dropped = silent.receiveAll().then((bytes) => heard = new TextDecoder().decode(bytes));
    for (let ping = 0; ping < 4; ping++) {
      assertEquals(await alive.line(), "ping");
      await alive.send("pong\n");
    }
    await dropped;
    assertEquals(heard, "ping\nping\n");
    await alive.send("still here\n");
    let line = await alive.line();
    while (line === "ping") line = await alive.line();
    assertEquals(line, "you said still here");
  },
);
