/**
 * Idle timeouts of very many connections. The sockets are in memory, because most machines do not
 * allow a process so many real ones. The connections and their timers are real.
 */

import { assertEquals } from "@std/assert";
import { behaviour } from "../helpers/behaviour.ts";
import { raw } from "../../protocols/raw.ts";
import { timers } from "../../src/timer/timers.ts";
import { Harness } from "../helpers/session_harness.ts";
import { nativeTimersOf } from "./native_timers.ts";

const CONNECTIONS = 100_000;

behaviour("100,000 connections with idle timeouts share one native timer", async () => {
  const before = timers.size;
  const open: Harness<Uint8Array, Uint8Array>[] = [];
  const native = await nativeTimersOf(async () => {
    for (let count = 0; count < CONNECTIONS; count++) {
      open.push(new Harness(raw, { idleTimeout: 60_000 + count % 1_000 }));
    }
    await Promise.resolve();
  });
  const pending = timers.size - before;
  const more = await nativeTimersOf(async () => {
    for (const connection of open) connection.receive("bytes that move");
    await Promise.resolve();
  });
  for (const { connection } of open) connection.destroy();
  assertEquals([pending, native, more], [CONNECTIONS, 1, 0]);
  assertEquals(timers.size, before);
});
