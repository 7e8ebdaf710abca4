/** Connections over UDP that an app makes. */

import { assertEquals, assertRejects } from "@std/assert";
import { connect, connectPool, GoerError } from "../../mod.ts";
import { capabilitiesOf } from "../helpers/capabilities.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { checkScenarios, type Scenario } from "./check_scenarios.ts";

/** What each scenario of datagram_app.ts shows, and what it sees. */
const SCENARIOS: Scenario[] = [
  ["datagrams are answered", "answers", [
    ...["connected", "udp", "accepted", "re: one"],
    ...["re: two", true],
    ...["closed", 1, false, "closed", "GOER_CONNECTION"],
    ...[16, 16],
  ]],
  ["datagrams of others are dropped", "strangers", ["re: me"]],
  ["a request whose answer is lost is given up", "lost answers", [
    ...["GOER_TOO_MANY", "GOER_TIMEOUT", "re: next", 0, "GOER_CONNECTION"],
  ]],
  [
    "a message that is too long is refused, and a handler that throws ends the connection",
    "mistakes of the app",
    ["GOER_PACKET_TOO_LARGE", true, "GOER_HANDLER", "closed"],
  ],
];

/** ICMP tells that the port is closed, and the connection can still be used. */
const REPORTED = ["GOER_CONNECTION", "GOER_CONNECTION", "re: two", true];
const NOT_REPORTED = ["GOER_TIMEOUT", "re: two", true];

testOnEach("connect over UDP", async (runtime, context) => {
  const last: Scenario = capabilitiesOf(runtime).datagramErrors
    ? ["sending to a closed port is an error at once", "closed port", REPORTED]
    : ["sending to a closed port gets no answer", "closed port", NOT_REPORTED];
  await checkScenarios("tests/outgoing/datagram_app.ts", [...SCENARIOS, last], runtime, context);
});

Deno.test("options that a connection over UDP cannot use are refused by name", async () => {
  const useless: Record<string, unknown> = {
    allowHalfOpen: true,
    idleTimeout: 1000,
    lingerTimeout: 1000,
    maxSendBufferSize: 1000,
    onBufferDrain: () => {},
    onBufferFull: () => {},
    onDisconnect: () => {},
    onEnd: () => {},
    onReconnect: () => {},
    proxy: "socks5://127.0.0.1:1080",
    proxyHeader: { source: "127.0.0.1:1" },
    reconnect: true,
    tls: {},
  };
  for (const [option, value] of Object.entries(useless)) {
    const made = () => connect("udp://127.0.0.1:1", { [option]: value });
    const error = await assertRejects(made, GoerError);
    assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", option]);
  }
});

Deno.test("a name that does not resolve, and a pool over UDP, are errors", async () => {
  const unknown = () => connect("udp://name.invalid:1");
  assertEquals((await assertRejects(unknown, GoerError)).code, "GOER_CONNECT_FAILED");
  const pool = () => connectPool("udp://127.0.0.1:1");
  assertEquals((await assertRejects(pool, GoerError)).code, "GOER_NOT_SUPPORTED");
});
