/**
 * A worker: serves its services, replies to the supervisor, finishes and ends.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { promised } from "../calls.ts";
import { errorText } from "../error_text.ts";
import { closeClusters, connectWorkers, drainClusters, meetOthers } from "../cluster/process.ts";
import type { ListenOptions } from "../server.ts";
import type { Log } from "../log.ts";
import type { WorkerInfo } from "../process_options.ts";
import { survivesClosedOutput } from "../runtime/process/output.ts";
import { exit, onUncaughtError } from "../runtime/process/process.ts";
import { resourceUsage } from "../runtime/process/resource_usage.ts";
import { useTicketKeys } from "../runtime/shared/tls_tickets.ts";
import { onSignal } from "../runtime/process/signals.ts";
import { parseAddress } from "../address.ts";
import { nativeDelay } from "../numbers.ts";
import { delay } from "../runtime/process/native_timer.ts";
import { startInfo, type WorkerAssignment } from "../start_info.ts";
import { retireWorker } from "../timer/cron.ts";
import { MAX_FRAME_SIZE } from "../supervisor/ipc/channel.ts";
import { describeError } from "../supervisor/ipc/describe_error.ts";
import { keyedServices } from "./app_manifest.ts";
import type { DrainReason, WorkerMessage, WorkerOrder } from "../supervisor/ipc/messages.ts";
import type { LogRelay } from "./log_relay.ts";
import type { AppService, ServedService } from "./served_service.ts";
import { SupervisorLink } from "./supervisor_link.ts";
import { WorkerBus } from "../cluster/drivers/local.ts";
import { connectionStatistics, Gauge, workerStatistics } from "./statistics.ts";

/** How often a worker checks its resource usage, in ms. */
const SAMPLE_INTERVAL = 500;

/**
 * How long a worker that leaves accepts on a socket of its own, in ms: connections may be on their
 * way to it, and a client repeats a lost packet after a second (RFC 6298 section 2).
 */
const HANDSHAKE_TIME = 1100;

/** How long a datagram socket is read after another process has taken it over, in ms. */
const DATAGRAM_REST = 250;

/** A worker. */
export class Worker {
  readonly #info: WorkerInfo;
  readonly #log: Log;
  readonly #relay: LogRelay;
  readonly #served: ServedService[];
  readonly #gauge = new Gauge();
  #link: SupervisorLink | undefined;
  #sampling: ReturnType<typeof setInterval> | undefined;
  /** Settles when this worker is told to accept connections. */
  readonly #mayServe: Promise<void>;
  #serve = () => {};
  /**
   * The state that is reported to the supervisor, and again to a new one, because the last messages
   * of the previous one may be lost, such as the order to serve.
   */
  #progress: WorkerMessage | undefined;
  /** True if the app has services without an address: work for them must find their workers. */
  readonly #handsOver: boolean;
  /** The counters that the supervisor knows. */
  #counted = "";
  #leaving = false;
  #failed = false;
  /** True if it has closed the sockets of its own. */
  #released = false;

  /** @param relay Where the lines of `log` go. */
  constructor(assignment: WorkerAssignment, services: AppService[], log: Log, relay: LogRelay) {
    this.#info = assignment;
    this.#relay = relay;
    this.#mayServe = new Promise((resolve) => this.#serve = resolve);
    this.#log = log;
    this.#handsOver = services.some(({ address }) => address === "");
    const keyed = keyedServices(services);
    this.#served = assignment.services.map(({ key, sockets, own = false }) => {
      const goer = keyed.get(key);
      if (goer) return { key, goer, sockets, own, servers: [] };
      throw new GoerError("GOER_APP", `Cannot find the service "${key}" in the app`);
    });
  }

  /** Serves until it is told to leave. */
  async run(): Promise<void> {
    this.#listenToSignals();
    const bus = new WorkerBus((bytes) => this.#link?.sendBytes(bytes), MAX_FRAME_SIZE);
    this.#link = SupervisorLink.open({
      onOrder: (order) => this.#obey(order),
      onOrphaned: () => void this.#orphaned(),
      onBytes: (bytes) => bus.receive(bytes),
      onAway: () => {
        this.#relay.hold();
        bus.away();
      },
      onReturn: () => {
        this.#relay.release();
        if (this.#progress) this.#link?.send(this.#progress);
        if (this.#released) this.#link?.send({ type: "released" });
        bus.returned();
      },
      onBack: () => {
        this.#relay.release();
        bus.back();
      },
      onFault: (reason) =>
        this.#log.write("error", `invalid message from the supervisor: ${reason}`),
    });
    this.#relay.attach(this.#link);
    connectWorkers(bus);
    try {
      await this.#start();
    } catch (error) {
      return await this.#fail(error);
    }
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_INTERVAL);
  }

  #listenToSignals(): void {
    // A terminal sends these to all its processes, but the supervisor decides what happens.
    for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const) {
      onSignal(signal, () => {});
    }
    onSignal("SIGTERM", () => void this.#leave("stop", this.#longestTimeout()));
    onUncaughtError((error) => void this.#fail(error));
    // The supervisor reads the output, and may die. Connections must be finished anyway.
    survivesClosedOutput();
  }

  #longestTimeout(): number {
    return Math.max(...this.#served.map(({ goer }) => goer.options.stopTimeout ?? 10_000));
  }

  async #start(): Promise<void> {
    for (const { goer } of this.#served) await goer.onWorkerStart?.(this.#info);
    const addresses = Object.fromEntries(await this.#open());
    this.#tell({ type: "ready", addresses });
  }

  /**
   * Prepares all services, reports this, and opens them on order: a worker accepts connections only
   * if all its services work.
   */
  async #open(): Promise<[key: string, address: string][]> {
    const places = this.#served.flatMap((service): [ServedService, ListenOptions][] => {
      const { goer, sockets, own } = service;
      if (goer.address === "") return [[service, {}]];
      if (sockets.length === 0) return [[service, { reusePort: true, reuseAddress: true }]];
      const inherited = sockets.map((fd): [ServedService, ListenOptions] => [service, { fd }]);
      return own ? [...inherited, [service, { reusePort: true }]] : inherited;
    });
    let left = places.length;
    const beforeOpen = async () => {
      if (--left === 0) {
        if (this.#handsOver) await meetOthers();
        this.#tell({ type: "prepared" });
      }
      await this.#mayServe;
    };
    return await Promise.all(places.map(async ([service, options]) => {
      const server = await service.goer.listen({ ...options, beforeOpen });
      service.servers.push(server);
      if (service.own && options.reusePort) service.ownServer = server;
      return [service.key, server.address] as [string, string];
    }));
  }

  #tell(progress: WorkerMessage): void {
    this.#progress = progress;
    this.#link?.send(progress);
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#failed) return;
    this.#failed = true;
    const reason = describeError(error);
    this.#log.write("error", reason);
    this.#link?.send({ type: "failed", reason });
    await this.#endLink();
    exit(1);
  }

  #obey(order: WorkerOrder): void {
    switch (order.type) {
      case "serve":
        if (order.ticketKeys !== undefined) useTicketKeys(order.ticketKeys);
        return this.#serve();
      case "drain":
        return void this.#leave(order.reason, order.timeout);
      case "statistics": {
        const statistics = workerStatistics(this.#served, this.#gauge);
        return this.#link?.send({ type: "report", request: order.request, statistics });
      }
      case "connections": {
        const connections = connectionStatistics(this.#served);
        const { request } = order;
        return this.#link?.send({ type: "report-connections", request, connections });
      }
    }
  }

  #sample(): void {
    this.#gauge.sample();
    if (this.#hasOwnSockets) this.#link?.send({ type: "alive" });
    this.#count();
    const reason = this.#served.map(replacementReason).find((one) => one !== undefined);
    if (reason !== undefined) this.#link?.send({ type: "recycle", reason });
  }

  /** Tells the supervisor its counters, which are lost when this process is killed. */
  #count(): void {
    if (!startInfo().counts) return;
    const statistics = workerStatistics(this.#served, this.#gauge);
    const counters = JSON.stringify(statistics.services);
    if (counters === this.#counted) return;
    this.#counted = counters;
    this.#link?.send({ type: "counted", statistics });
  }

  async #orphaned(): Promise<void> {
    this.#relay.useFile();
    this.#log.write("warn", "the supervisor has ended: finishing open connections");
    await this.#leave("stop", this.#longestTimeout());
  }

  /**
   * Finishes open connections, then ends. The first order counts, but a later one may be shorter.
   */
  async #leave(reason: DrainReason, timeout: number): Promise<void> {
    if (this.#leaving) {
      this.#link?.send({ type: "drains" });
      return void setTimeout(() => exit(0), nativeDelay(timeout));
    }
    this.#leaving = true;
    clearInterval(this.#sampling);
    retireWorker();
    drainClusters();
    try {
      for (const service of this.#served) stopAccepting(service);
      this.#link?.send({ type: "drains" });
      if (reason === "reload") await this.#callAll("onReload");
      const rest = timeout - await this.#releaseOwnSockets(reason, timeout);
      await Promise.all(this.#served.map((service) => finish(service, rest)));
      await this.#callAll("onWorkerStop");
      await closeClusters();
    } catch (error) {
      this.#log.write("error", describeError(error));
    }
    await this.#endLink();
    exit(0);
  }

  get #hasOwnSockets(): boolean {
    return this.#served.some(({ own }) => own);
  }

  /** Closes the sockets of its own, when no connection is on its way to them. @returns The time it took, in ms. */
  async #releaseOwnSockets(reason: DrainReason, timeout: number): Promise<number> {
    if (!this.#hasOwnSockets) return 0;
    const time = reason === "stop" ? 0 : Math.min(HANDSHAKE_TIME, timeout);
    if (time > 0) await delay(nativeDelay(time));
    await Promise.all(this.#served.map(({ ownServer }) => ownServer?.stopAccepting()));
    this.#released = true;
    this.#link?.send({ type: "released" });
    return time;
  }

  async #endLink(): Promise<void> {
    this.#count();
    this.#relay.detach();
    await this.#link?.end();
  }

  async #callAll(name: "onReload" | "onWorkerStop"): Promise<void> {
    for (const { goer } of this.#served) {
      // A failing handler affects neither the others nor open connections.
      await promised(() => goer[name]?.(this.#info)).catch((error) => {
        this.#log.write("error", `${name} of ${goer.name} failed: ${errorText(error)}`);
      });
    }
  }
}

/** Why a worker must be replaced, if so. */
function replacementReason({ goer, servers }: ServedService): string | undefined {
  const { maxRequests = 0, maxMemory = 0 } = goer.options;
  const messages = servers.reduce((sum, { statistics }) => sum + statistics.messages, 0);
  if (maxRequests > 0 && messages >= maxRequests) {
    return `it handled ${messages} messages (maxRequests ${maxRequests})`;
  }
  const { memory } = resourceUsage();
  if (maxMemory > 0 && memory > maxMemory) {
    return `it uses ${memory} bytes of memory (maxMemory ${maxMemory})`;
  }
}

function stopAccepting(service: ServedService): void {
  if (takesDatagrams(service)) return;
  for (const server of service.servers) {
    if (server !== service.ownServer) void server.stopAccepting();
  }
}

async function finish(service: ServedService, timeout: number): Promise<void> {
  // Datagrams have no connection to wait for, so the socket's queue is read first. No runtime has
  // an event for its end.
  if (takesDatagrams(service)) await delay(nativeDelay(Math.min(DATAGRAM_REST, timeout)));
  const closing = service.servers.map((one) => one.close({ graceful: true, timeout }));
  await Promise.all(closing);
}

function takesDatagrams({ goer }: ServedService): boolean {
  return goer.address !== "" && parseAddress(goer.address).transport === "udp";
}
