/** Pools of connections. */

import { assertEquals, assertRejects } from "@std/assert";
import { connectPool, GoerError, type PoolOptions } from "../../mod.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { checkScenarios, type Scenario } from "./check_scenarios.ts";

/** What each scenario of pool_app.ts shows, and what it sees. */
const SCENARIOS: Scenario[] = [
  ["requests share at most max connections", "shares connections", [0, true, 3, 3, 3, 0]],
  ["min connections are made at once, and stay when others are closed", "closes what is idle", [
    ...[2, 5, 2],
    "re: still here",
  ]],
  ["connections that are lost, or whose answers are late, are replaced", "replaces what is lost", [
    ...["GOER_CONNECTION", "re: one", "re: two", 3],
    ...["GOER_TIMEOUT", "re: three", 4],
  ]],
  ["a connection that does not pass its check is replaced", "validates", [
    ...["re: one", "re: two", "re: three", "re: four"],
    ...[3, 3],
  ]],
  ["those who wait are limited in number and time, and can give up", "limits who waits", [
    ...[2, "GOER_TOO_MANY", "AbortError", "GOER_TIMEOUT", 0],
    ...["re: next", 1, "GOER_INVALID_ARGUMENT", "RangeError", 1],
  ]],
  [
    "an abort at any moment loses no connection",
    "an abort at any moment loses no connection",
    ["re: free", 1],
  ],
  ["closing refuses those who wait, and waits for those who have a connection", "is closed", [
    ...["GOER_CONNECTION", "GOER_CONNECTION", "re: still open"],
  ]],
  ["a target that is silent, slow or gone is an error", "bad targets", [
    ...["GOER_TIMEOUT", "GOER_CONNECTION", "GOER_CONNECT_FAILED"],
    ...["GOER_CONNECT_FAILED", "GOER_CONNECT_FAILED", "GOER_CONNECT_FAILED"],
    "GOER_CONNECT_FAILED",
  ]],
];

testOnEach("a pool of connections", async (runtime, context) => {
  await checkScenarios("tests/outgoing/pool_app.ts", SCENARIOS, runtime, context);
});

Deno.test("options of a pool that are not valid are refused by name", async () => {
  const bad: [string, Record<string, unknown>][] = [
    ["max", { max: 0 }],
    ["max", { max: "4" }],
    ["min", { min: 3, max: 2 }],
    ["min", { min: -1 }],
    ["idleTimeout", { idleTimeout: 0 }],
    ["acquireTimeout", { acquireTimeout: Infinity }],
    ["maxWaiting", { maxWaiting: 1.5 }],
    ["validate", { validate: true }],
    ["protocol", { protocol: {} }],
    ["connect", { connect: 1 }],
    ["connect.reconnect", { connect: { reconnect: true } }],
    ["connectTimeout", { connect: { connectTimeout: 0 } }],
  ];
  for (const [option, options] of bad) {
    const made = () => connectPool("tcp://127.0.0.1:1", options as PoolOptions<never>);
    const error = await assertRejects(made, GoerError);
    assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", option]);
  }
});
