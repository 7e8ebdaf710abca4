/**
 * The shape of each message between processes. Anything else ends its channel.
 *
 * @module
 */

import type { BusStatistics } from "../../cluster/bus_link.ts";
import type { ClusterStatistics } from "../../cluster/node_identity.ts";
import { MAX_WORKERS } from "../../process_options.ts";
import {
  flag,
  integer,
  listOf,
  mapOf,
  MAX_TEXT_LENGTH,
  name,
  number,
  oneOf,
  optional,
  record,
  type Shape,
  tagged,
  text,
} from "../../shapes.ts";
import type {
  AppManifest,
  CommandMessage,
  CommandReply,
  ConnectionStatistics,
  ControlMessage,
  HistogramCounts,
  LoaderMessage,
  ReloadPlan,
  ServiceCounters,
  ServiceManifest,
  TakeoverMessage,
  WorkerMessage,
  WorkerOrder,
  WorkerStatistics,
} from "./messages.ts";
import type { RolloutStatus } from "../machine/events.ts";
import type {
  ConnectionStatus,
  PausedStatus,
  ServiceStatus,
  StatusReport,
  WorkerStatus,
} from "../workers/status.ts";

/** A time in ms, up to the maximum of timers. */
const DURATION = integer(0, 2 ** 31 - 1);

const COUNT = integer();
const NOTHING = record<object>({});

/** Text for people. */
const PROSE: Shape<string> = text(MAX_TEXT_LENGTH);

/** The outcome of a command, for people. It can quote several processes. */
const OUTCOME = text(32 * MAX_TEXT_LENGTH);

/** A TCP or UDP port; 0 lets the system choose. */
export const PORT: Shape<number> = integer(0, 65_535);

/** A service's socket. */
export const SOCKET_ADDRESS: Shape<NonNullable<ServiceManifest["socket"]>> = record({
  transport: oneOf("tcp", "udp", "unix"),
  hostname: name,
  port: PORT,
  path: name,
});

/** The manifest of an app. */
export const APP_MANIFEST: Shape<AppManifest> = record({
  services: listOf(record<ServiceManifest>({
    key: name,
    name,
    listen: name,
    protocol: name,
    socket: optional(SOCKET_ADDRESS),
    backlog: optional(integer(0, 2 ** 31 - 1)),
    workers: integer(1, MAX_WORKERS),
    user: name,
    group: name,
  })),
  reloadTimeout: DURATION,
  stopTimeout: DURATION,
  drainDelay: optional(DURATION),
  handoff: oneOf("inherit", "rebind", "steer", "auto"),
  daemon: flag,
  logFile: name,
  logFormat: optional(oneOf("text", "json")),
  admin: optional(name),
});

const HISTOGRAM = record<HistogramCounts>({ counts: listOf(COUNT), sum: number });

/** The counters of a service. */
export const SERVICE_COUNTERS: Shape<ServiceCounters> = record({
  key: name,
  open: COUNT,
  queued: COUNT,
  accepted: COUNT,
  ended: optional(mapOf(COUNT)),
  refused: COUNT,
  rejected: optional(COUNT),
  delayed: optional(COUNT),
  messages: COUNT,
  bytesRead: COUNT,
  bytesWritten: COUNT,
  sendFailures: COUNT,
  handlerErrors: COUNT,
  handlerTimes: optional(HISTOGRAM),
});

const STATISTICS = record<WorkerStatistics>({
  memory: number,
  processor: number,
  loopDelay: number,
  connections: COUNT,
  messages: COUNT,
  bytesRead: COUNT,
  bytesWritten: COUNT,
  sendFailures: COUNT,
  handlerErrors: COUNT,
  refused: optional(COUNT),
  delayed: optional(COUNT),
  timers: COUNT,
  clusters: listOf(record<ClusterStatistics>({
    buses: listOf(record<BusStatistics>({
      name,
      state: oneOf("ready", "away"),
      queued: COUNT,
      dropped: COUNT,
    })),
    nodes: COUNT,
    malformed: COUNT,
  })),
  processorTime: optional(number),
  loopDelays: optional(HISTOGRAM),
  services: optional(listOf(SERVICE_COUNTERS)),
});

const CONNECTION = {
  id: COUNT,
  service: name,
  protocol: name,
  remoteAddress: name,
  state: optional(oneOf("open", "closing")),
  age: number,
  bytesRead: COUNT,
  bytesWritten: COUNT,
  bufferedBytes: COUNT,
};

/** From the process that loads the app: one of these, once. */
export const LOADER_MESSAGE: Shape<LoaderMessage> = tagged<LoaderMessage>({
  loaded: record({ app: APP_MANIFEST }),
  failed: record({ reason: PROSE }),
});

/** From a worker. */
export const WORKER_MESSAGE: Shape<WorkerMessage> = tagged<WorkerMessage>({
  failed: record({ reason: PROSE }),
  prepared: NOTHING,
  ready: record({ addresses: mapOf(name) }),
  recycle: record({ reason: PROSE }),
  counted: record({ statistics: STATISTICS }),
  drains: NOTHING,
  alive: NOTHING,
  released: NOTHING,
  waits: NOTHING,
  returned: NOTHING,
  report: record({ request: COUNT, statistics: STATISTICS }),
  "report-connections": record({
    request: COUNT,
    connections: listOf(record<ConnectionStatistics>(CONNECTION)),
  }),
});

/** To a worker. */
export const WORKER_ORDER: Shape<WorkerOrder> = tagged<WorkerOrder>({
  serve: record({ ticketKeys: optional(name) }),
  drain: record({ timeout: DURATION, reason: oneOf("reload", "recycle", "stop") }),
  statistics: record({ request: COUNT }),
  connections: record({ request: COUNT }),
  "supervisor-moves": NOTHING,
  "supervisor-returns": NOTHING,
  resumed: NOTHING,
});

/** From the `goer` command. */
export const COMMAND_MESSAGE: Shape<CommandMessage> = tagged<CommandMessage>({
  command: record({
    command: oneOf(
      "abort",
      "connections",
      "reload",
      "reopen",
      "restart",
      "status",
      "stop",
      "upgrade",
      "wait",
    ),
    now: optional(flag),
    plan: optional(record<ReloadPlan>({
      batch: optional(integer(1)),
      canary: optional(integer(1)),
      watch: optional(DURATION),
    })),
  }),
});

const REPLIES = {
  progress: record({ text: OUTCOME, live: optional(flag) }),
  outcome: record({ ok: flag, text: OUTCOME, data: (_: unknown): _ is unknown => true }),
};

/** Replies to a command. */
export const COMMAND_REPLY: Shape<CommandReply> = tagged<CommandReply>(REPLIES);

/** To the `goer` command. */
export const CONTROL_MESSAGE: Shape<ControlMessage> = tagged<ControlMessage>({
  ...REPLIES,
  alive: record({}),
});

/** The reply to `status`. */
export const STATUS_REPORT: Shape<StatusReport> = record<StatusReport>({
  version: name,
  runtime: name,
  app: name,
  pid: COUNT,
  phase: name,
  ready: optional(flag),
  rollout: optional(record<RolloutStatus>({
    stage: oneOf("loading", "opening", "starting", "serving", "watching", "leaving"),
    replaced: COUNT,
    workers: COUNT,
  })),
  uptime: number,
  reloads: COUNT,
  upgrades: COUNT,
  load: listOf(number),
  memory: number,
  handoff: name,
  directory: name,
  logFile: name,
  services: listOf(record<ServiceStatus>({ name, address: name, protocol: name, workers: COUNT })),
  workers: listOf(record<WorkerStatus>({
    id: COUNT,
    pid: COUNT,
    slot: COUNT,
    generation: COUNT,
    state: oneOf("starting", "ready", "draining", "busy"),
    uptime: number,
    services: listOf(name),
    statistics: optional(STATISTICS),
  })),
  paused: listOf(
    record<PausedStatus>({ slot: COUNT, pause: number, reason: PROSE }),
  ),
});

/** From a new supervisor to the previous one. */
export const TAKEOVER_MESSAGE: Shape<TakeoverMessage> = record({ type: oneOf("taken-over") });

/** The reply to `connections`. */
export const CONNECTION_LIST: Shape<ConnectionStatus[]> = listOf(
  record<ConnectionStatus>({ ...CONNECTION, worker: COUNT, pid: COUNT }),
  Infinity,
);
