/**
 * The WebSocket servers to compare. Without an argument they echo; with `broadcast` they send each
 * message to all connections.
 *
 * @module
 */

import { bundled } from "../../tests/helpers/bundled.ts";
import type { Runtime } from "../../tests/helpers/runtimes.ts";
import type { Candidate } from "./compare.ts";

/** The servers of one runtime. Goer is first, and the others are relative to it. */
export function websocketCandidates(runtime: Runtime): Candidate[] {
  const list: Candidate[] = [
    { name: "Goer", runtime, app: "bench/servers/websocket_goer.ts" },
    { name: "ws", runtime: bundled(runtime), app: "bench/servers/websocket_ws.ts" },
  ];
  if (runtime.name === "deno") {
    list.push({ name: "Deno.upgradeWebSocket", runtime, app: "bench/servers/websocket_deno.ts" });
  }
  if (runtime.name === "bun") {
    list.push({ name: "Bun.serve", runtime, app: "bench/servers/websocket_bun.ts" });
  }
  return list;
}
