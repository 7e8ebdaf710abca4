/**
 * One message of each kind between processes.
 *
 * @module
 */

import { layoutOf } from "../../src/supervisor/machine/layout.ts";
import type {
  AppManifest,
  CommandMessage,
  WorkerMessage,
  WorkerOrder,
} from "../../src/supervisor/ipc/messages.ts";

/** The manifest of an app. */
export const APP: AppManifest = {
  services: [{
    key: "text://127.0.0.1:1",
    name: "service",
    listen: "text://127.0.0.1:1",
    protocol: "text",
    socket: { transport: "tcp", hostname: "127.0.0.1", port: 1, path: "" },
    backlog: 4096,
    workers: 2,
    user: "",
    group: "",
  }],
  reloadTimeout: 1000,
  stopTimeout: 1000,
  handoff: "inherit",
  daemon: false,
  logFile: "",
};

const STATISTICS = {
  memory: 1,
  processor: 1,
  loopDelay: 1,
  connections: 1,
  messages: 1,
  bytesRead: 1,
  bytesWritten: 1,
  sendFailures: 0,
  handlerErrors: 0,
  timers: 0,
  clusters: [{
    buses: [{ name: "local", state: "ready" as const, queued: 0, dropped: 0 }],
    nodes: 1,
    malformed: 0,
  }],
};

/** Messages of a worker. */
export const WORKER_MESSAGES: WorkerMessage[] = [
  { type: "failed", reason: "an error" },
  { type: "prepared" },
  { type: "ready", addresses: { "text://127.0.0.1:1": "tcp://127.0.0.1:1" } },
  { type: "recycle", reason: "it is old" },
  { type: "drains" },
  { type: "waits" },
  { type: "returned" },
  { type: "report", request: 1, statistics: STATISTICS },
  {
    type: "report-connections",
    request: 1,
    connections: [{
      id: 1,
      service: "service",
      protocol: "text",
      remoteAddress: "127.0.0.1:1",
      age: 1,
      bytesRead: 1,
      bytesWritten: 1,
      bufferedBytes: 0,
    }],
  },
];

/** Messages of the `goer` command. */
export const COMMANDS: CommandMessage[] = [
  { type: "command", command: "status" },
  { type: "command", command: "connections" },
  { type: "command", command: "stop", now: true },
  { type: "command", command: "wait" },
];

/** Orders to a worker. */
export const ORDERS: WorkerOrder[] = [
  { type: "serve" },
  { type: "drain", timeout: 1000, reason: "reload" },
  { type: "statistics", request: 1 },
  { type: "connections", request: 1 },
  { type: "supervisor-moves" },
  { type: "supervisor-returns" },
  { type: "resumed" },
];

/** The saved state of a supervisor. */
export const STATE = {
  machine: {
    layout: layoutOf(APP),
    generation: 2,
    nextWorker: 3,
    reloads: 1,
    upgrades: 0,
    workers: [{ id: 1, group: "2//", slot: 0, generation: 2, state: "ready" }],
  },
  sockets: {
    "text://127.0.0.1:1": {
      address: APP.services[0].socket,
      socket: { descriptor: 10, port: 1 },
      file: { path: "/tmp/a", identity: "1:2" },
    },
  },
  workers: [{
    id: 1,
    pid: 100,
    started: "1",
    startedAt: 1,
    addresses: {},
    ready: true,
    channel: 12,
    output: { rest: [65], pipes: [{ descriptor: 14, rest: [66, 67] }] },
    received: [0, 0],
  }],
  startedAt: 1,
  site: "site",
};

/** The start information of a process. */
export const LETTER = {
  from: 1,
  role: "worker",
  app: "/app.ts",
  channel: 3,
  worker: {
    site: "site",
    id: 1,
    slot: 0,
    generation: 1,
    services: [{ key: "text://127.0.0.1:1", sockets: [4] }],
  },
  allow: ["run"],
};

const member = { id: "site:1:1", user: "somebody" };

/** Messages between workers about connections. */
export const HEADERS = [
  {
    type: "node",
    reply: true,
    info: {
      slot: 1,
      generation: 1,
      draining: false,
      services: { service: { serves: true, listens: true, topics: ["topic"] } },
    },
  },
  { type: "gone", nodes: ["site:9"] },
  { type: "message", service: "service", to: { kind: "all" }, except: ["site:1:1"] },
  { type: "handed", service: "service", topic: "topic" },
  { type: "joined", service: "service", group: "room", member },
  { type: "snapshot", service: "service", members: [[member, ["room"]]] },
  { type: "question", id: 1, service: "service", question: { ask: "count", group: "room" } },
  { type: "answer", id: 1, value: 1 },
].map((header) => ({ from: "site:3", ...header }));
