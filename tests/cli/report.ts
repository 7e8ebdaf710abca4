/**
 * A status and connections with fixed data, for screens.
 *
 * @module
 */

import type { ConnectionStatus, StatusReport } from "../../src/supervisor/workers/status.ts";

const WORKER = {
  state: "ready" as const,
  uptime: 3_723_000,
  services: ["http://0.0.0.0:8080"],
  statistics: {
    memory: 62.1 * 1024 ** 2,
    processor: 41.25,
    loopDelay: 1.24,
    connections: 1204,
    messages: 1_234_567,
    bytesRead: 1.5 * 1024 ** 3,
    bytesWritten: 24.6 * 1024 ** 3,
    sendFailures: 3,
    handlerErrors: 1,
    timers: 12,
    clusters: [],
  },
};

/** The status of an app with two services and three workers. */
export const REPORT: StatusReport = {
  version: "0.1.0",
  runtime: "deno 2.9.6",
  app: "/srv/shop/app.ts",
  pid: 40_123,
  phase: "running",
  uptime: 90_061_000,
  reloads: 3,
  upgrades: 1,
  load: [0.51, 0.42, 0.4],
  memory: 70.2 * 1024 ** 2,
  handoff: "inherit",
  directory: "/run/goer/app-12345678",
  logFile: "/var/log/shop.log",
  services: [
    { name: "shop", address: "http://0.0.0.0:8080", protocol: "http", workers: 2 },
    {
      name: "text://127.0.0.1:9000",
      address: "text://127.0.0.1:9000",
      protocol: "text",
      workers: 1,
    },
  ],
  workers: [
    { id: 7, pid: 40_200, slot: 0, generation: 4, ...WORKER },
    { id: 8, pid: 40_201, slot: 1, generation: 4, ...WORKER },
    { id: 9, pid: 40_202, slot: 0, generation: 4, ...WORKER, state: "busy", statistics: undefined },
  ],
  paused: [],
};

/** Its connections. */
export const CONNECTIONS: ConnectionStatus[] = ["192.0.2.7:50123", "[2001:db8::1234:5678]:443"].map(
  (remoteAddress, index) => ({
    id: index,
    service: index === 0 ? "shop" : "text://127.0.0.1:9000",
    protocol: index === 0 ? "websocket" : "text",
    remoteAddress,
    state: index === 0 ? "open" : "closing",
    age: 75_000 * (index + 1),
    bytesRead: 1234,
    bytesWritten: 5_678_901,
    bufferedBytes: index * 4096,
    worker: 7,
    pid: 40_200,
  }),
);
