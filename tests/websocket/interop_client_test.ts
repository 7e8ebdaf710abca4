/** Goer's client on each runtime with other WebSocket servers. */

import { assertEquals } from "@std/assert";
import { bundled } from "../helpers/bundled.ts";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { type Runtime, RUNTIMES, testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { ROOT } from "../tools.ts";

/** The results of talker_goer.ts. */
interface Talk {
  faults: string[];
  compressed: boolean;
  pongs: string[];
  code: number;
}

/** How long a talk may take, in ms. */
const PATIENCE = 60_000;

/** What the client offers. */
const OFFERS: Record<string, unknown>[] = [
  {},
  { compression: { threshold: 0 } },
  { compression: { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true } },
  { compression: { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 9 } },
];

/** Uses the server at `address` with Goer's client on `runtime`. */
async function talk(
  runtime: Runtime,
  address: string,
  ...args: string[]
): Promise<Talk> {
  const command = await runtime.command(
    "tests/websocket/fixtures/talker_goer.ts",
    address,
    ...args,
  );
  const { success, stdout, stderr } = await new Deno.Command(command[0], {
    args: command.slice(1),
    cwd: ROOT,
    stdin: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  if (!success) throw new Error(`The talk failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const node = RUNTIMES.find(({ name }) => name === "node");
const bun = RUNTIMES.find(({ name }) => name === "bun");
const deno = RUNTIMES.find(({ name }) => name === "deno")!;

/** The servers: their runtime, their app, and the offers that they accept. */
const SERVERS: [string, Runtime | undefined, string, number[]][] = [
  ["npm's ws on Node", node && bundled(node), "tests/websocket/fixtures/echo_ws.ts", [1, 2, 3]],
  ["Deno.upgradeWebSocket", deno, "bench/servers/websocket_deno.ts", []],
  ["Bun.serve", bun, "tests/websocket/fixtures/echo_bun.ts", [1, 2]],
];

for (const [name, server, app, taken] of SERVERS) {
  testOnEach(
    `the client works with ${name}, whatever it offers`,
    async (runtime) => {
      await using served = await serve<{ addresses: string[] }>(server!, app);
      for (const [index, offer] of OFFERS.entries()) {
        const found = await talk(runtime, served.ready.addresses[0], JSON.stringify(offer));
        assertEquals(found, {
          faults: [],
          compressed: taken.includes(index),
          pongs: ["are you there?"],
          code: 3001,
        });
      }
    },
    server === undefined ? "its runtime is not there" : undefined,
  );
}

testOnEach("the client works with the server over TLS", async (runtime) => {
  await using certificate = await makeCertificate();
  const { certFile, keyFile } = certificate;
  const args = [JSON.stringify([{ compression: true }]), certFile, keyFile];
  const app = "tests/websocket/fixtures/obedient.ts";
  await using served = await serve<string[]>(runtime, app, { args });
  const offer = JSON.stringify({ compression: { threshold: 0 } });
  const { faults, compressed, code } = await talk(
    runtime,
    `wss://${served.ready[0]}`,
    offer,
    certFile,
  );
  assertEquals([faults, compressed, code], [[], true, 3001]);
  assertEquals(JSON.parse(await served.line()), { code: 3001, reason: "bye 👋" });
}, NO_OPENSSL);
