/**
 * The supervisor: does what its state machine decides, and tells it what happens. It never loads the
 * app itself.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Descriptors } from "../runtime/descriptors.ts";
import { changeMode, resolvePath } from "../runtime/files.ts";
import type { Handoff } from "../process_options.ts";
import { exit, onSignal, type Signal } from "../runtime/process.ts";
import { ControlServer } from "./control_server.ts";
import { Describer } from "./describer.ts";
import type { Effect, SupervisorEvent } from "./events.ts";
import { chooseHandoff } from "./handoff.ts";
import { type Handover, leaveHandover, renumbered } from "./handover.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { SupervisorMachine } from "./machine.ts";
import type { AppDescription, CommandMessage, CommandReply, WorkerMessage } from "./messages.ts";
import { ServiceManager } from "./notify.ts";
import { processRecord, releasePidFile } from "./pid_file.ts";
import { inheritedDescriptors } from "./role.ts";
import type { RuntimeDirectory } from "./runtime_directory.ts";
import { SocketTable } from "./sockets.ts";
import { resolveUser, Spawner, type SpawnerOptions } from "./spawner.ts";
import { reportOf, serviceReports, type SupervisorFacts } from "./report.ts";
import { type StatusReport, Survey } from "./status.ts";
import { Successor } from "./successor.ts";
import { adoptedProcess, WorkerProcess } from "./worker_process.ts";

/** What a {@linkcode Supervisor} takes. */
export interface SupervisorOptions extends Omit<SpawnerOptions, "log"> {
  /** The app's module, for people to read. */
  appName: string;
  /** How many workers, whatever the app says. */
  workers?: number;
  /** How long the app may take to load, and a worker to get ready, in ms. */
  startTimeout?: number;
  /** It has no terminal: it was started to go on when its starter has left. */
  detached: boolean;
  /** The app asks to run apart from the terminal, and this supervisor has one: it gives up. */
  onDaemon?: () => void;
  /** Hears how the start goes. */
  onStart?: (reply: CommandReply) => void;
  /** The version of this code, and the runtime, for `status`. */
  version: string;
  runtime: string;
}

/** Who asked for the start; the others are counted up. */
const STARTER = 0;

/** How long replies may take to leave before the process ends, in ms. */
const FAREWELL_TIME = 100;

/** A running supervisor. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #directory: RuntimeDirectory;
  readonly #log: Log;
  readonly #machine: SupervisorMachine;
  readonly #descriptors: Descriptors | undefined;
  readonly #manager: ServiceManager;
  readonly #spawner: Spawner;
  readonly #survey = new Survey();
  readonly #control: ControlServer;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #requesters = new Map<number, (reply: CommandReply) => void>();
  #sockets: SocketTable | undefined;
  #handoff: Exclude<Handoff, "auto"> = "inherit";
  readonly #describer: Describer;
  #lastRequester = STARTER;
  #startedAt = Date.now();
  /** An address in use at the start may be left over from a supervisor that died. */
  #patient: boolean;

  constructor(
    options: SupervisorOptions & {
      descriptors?: Descriptors;
      log: Log;
      /** The one before this one died without cleaning up. */
      afterCrash: boolean;
    },
  ) {
    this.#options = options;
    this.#directory = options.directory;
    this.#log = options.log;
    this.#descriptors = options.descriptors;
    this.#patient = options.afterCrash;
    this.#machine = new SupervisorMachine(options.startTimeout);
    this.#manager = new ServiceManager(options.descriptors);
    this.#spawner = new Spawner(options);
    this.#describer = new Describer(this.#spawner, {
      onDescribed: (app) => this.#described(app),
      onFailed: (reason) => this.#tell({ event: "describe-failed", reason }),
    });
    this.#sockets = options.descriptors && new SocketTable(options.descriptors);
    this.#control = new ControlServer({
      onHello: (id, channel) => this.#hello(id, channel),
      onWorkerMessage: (id, message) => this.#workerMessage(id, message),
      onWorkerGone: (id, channel) => this.#workers.get(id)?.detach(channel),
      onCommand: (message, reply) => void this.#command(message, reply),
    });
  }

  /** Starts the app, or goes on with what another image has left. */
  async run(handover?: Handover): Promise<void> {
    this.#listenToSignals();
    await this.#control.listen(this.#directory.control);
    if (handover) return await this.#goOn(handover);
    if (this.#options.onStart) {
      this.#requesters.set(STARTER, this.#options.onStart);
      this.#tell({ event: "request", request: { command: "wait", requester: STARTER } });
    }
    this.#tell({ event: "start" });
  }

  async #goOn(handover: Handover): Promise<void> {
    this.#startedAt = handover.startedAt;
    if (this.#descriptors) this.#sockets = new SocketTable(this.#descriptors, handover.sockets);
    await this.#prepareUsers(handover.machine.layout);
    for (const record of handover.workers) {
      const child = adoptedProcess(record, this.#descriptors);
      const worker = new WorkerProcess(record.id, child, record.startedAt);
      worker.addresses = record.addresses;
      this.#workers.set(record.id, worker);
      this.#watch(worker);
    }
    this.#log.write("info", `upgraded: this is version ${this.#options.version}`);
    for (const effect of this.#machine.restore(handover.machine)) this.#perform(effect);
  }

  #listenToSignals(): void {
    const commands: [Signal, "reload" | "upgrade" | "stop"][] = [
      ["SIGHUP", "reload"],
      ["SIGUSR2", "upgrade"],
      ["SIGTERM", "stop"],
      ["SIGINT", "stop"],
      ["SIGQUIT", "stop"],
    ];
    for (const [signal, command] of commands) {
      onSignal(signal, () => this.#tell({ event: "request", request: { command } }));
    }
    onSignal("SIGUSR1", () => {
      this.#log.reopen();
      for (const worker of this.#workers.values()) worker.send({ type: "reopen-log" });
    });
  }

  #tell(event: SupervisorEvent): void {
    for (const effect of this.#machine.handle(event)) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.effect) {
      case "describe":
        return this.#describer.start();
      case "cancel-describe":
        return this.#describer.cancel();
      case "open":
        return void this.#open(effect.layout);
      case "close":
        return this.#sockets?.closeExcept(effect.layout);
      case "spawn":
        return this.#spawn(effect);
      case "drain": {
        const { worker, timeout, reason } = effect;
        return this.#workers.get(worker)?.drain({ type: "drain", timeout, reason });
      }
      case "kill":
        return this.#workers.get(effect.worker)?.kill();
      case "set-timer":
        return this.#setTimer(effect.timer, effect.delay);
      case "clear-timer":
        return clearTimeout(this.#timers.get(effect.timer));
      case "progress":
        return this.#reply(effect.requesters, { type: "progress", text: effect.text });
      case "outcome":
        return this.#outcome(effect);
      case "log":
        return this.#log.write(effect.level, effect.text);
      case "announce":
        return this.#announce(effect.state);
      case "execute":
        return void this.#execute(effect.fresh);
      case "exit":
        return void this.#exit(effect.code);
    }
  }

  #setTimer(timer: string, delay: number): void {
    clearTimeout(this.#timers.get(timer));
    const fire = () => {
      this.#timers.delete(timer);
      this.#tell({ event: "timeout", timer });
    };
    this.#timers.set(timer, setTimeout(fire, delay));
  }

  #outcome({ requesters, ok, text }: Effect & { effect: "outcome" }): void {
    this.#reply(requesters, { type: "outcome", ok, text });
    for (const requester of requesters) this.#requesters.delete(requester);
  }

  #reply(requesters: number[], reply: CommandReply): void {
    for (const requester of requesters) this.#requesters.get(requester)?.(reply);
  }

  #announce(state: "ready" | "reloading" | "stopping"): void {
    if (state === "ready") {
      this.#manager.ready();
      this.#patient = false;
      for (const { name, address } of serviceReports(this.#facts)) {
        this.#log.write(
          "info",
          name === address ? `serving ${address}` : `serving ${name} on ${address}`,
        );
      }
    } else if (state === "reloading") this.#manager.reloading(Math.round(performance.now() * 1000));
    else this.#manager.stopping();
  }

  // The app

  #described(app: AppDescription): void {
    if (this.#machine.phase === "starting") this.#settleDown(app);
    this.#tell({ event: "described", layout: layoutOf(app, this.#options.workers) });
  }

  /** What the app says of its output and its terminal counts at the start only. */
  #settleDown({ daemon, logFile }: AppDescription): void {
    const options = this.#options;
    if (daemon && options.onDaemon) {
      this.#control.close();
      releasePidFile(this.#directory.pidFile);
      return options.onDaemon();
    }
    if (logFile === "" || options.logFile !== undefined) return;
    options.logFile = resolvePath(logFile);
    this.#log.useFile(options.logFile);
  }

  async #open(layout: Layout): Promise<void> {
    try {
      this.#handoff = this.#chooseHandoff(layout.app);
      await this.#prepareUsers(layout);
      if (this.#handoff === "inherit") {
        if (this.#machine.layout === undefined) {
          this.#sockets?.adopt(layout, inheritedDescriptors());
        }
        await this.#sockets?.openFor(layout, this.#patient);
      }
      this.#tell({ event: "opened" });
    } catch (error) {
      const reason = error instanceof GoerError ? error.message : String(error);
      this.#tell({ event: "open-failed", reason });
    }
  }

  #chooseHandoff(app: AppDescription): Exclude<Handoff, "auto"> {
    const { handoff, warning } = chooseHandoff(app, this.#descriptors !== undefined);
    if (warning && this.#machine.layout === undefined) this.#log.write("warn", warning);
    return handoff;
  }

  /** Workers of another user reach the supervisor by a socket of theirs. */
  async #prepareUsers(layout: Layout): Promise<void> {
    for (const group of layout.groups) {
      const user = resolveUser(group);
      if (user === undefined) continue;
      // They may pass through the directory, and see nothing in it.
      changeMode(this.#directory.path, 0o711);
      await this.#control.listen(this.#directory.controlOfUser(user.uid), user);
    }
  }

  // Workers

  #spawn({ worker, layout }: Effect & { effect: "spawn" }): void {
    const group = layout.groups.find((one) => one.key === worker.group)!;
    const sockets = this.#sockets?.forWorker(group, worker.slot) ?? [];
    const child = this.#spawner.worker(worker, group, sockets);
    const started = new WorkerProcess(worker.id, child, Date.now());
    this.#workers.set(worker.id, started);
    this.#watch(started);
  }

  async #watch(worker: WorkerProcess): Promise<void> {
    const exit = await worker.exited;
    this.#workers.delete(worker.id);
    const reason = WorkerProcess.describeExit(exit, worker.failure);
    this.#tell({ event: "worker-exited", worker: worker.id, reason });
  }

  #hello(id: number, channel: Parameters<WorkerProcess["attach"]>[0]): boolean {
    if (id === 0) return this.#describer.busy;
    this.#workers.get(id)?.attach(channel);
    return this.#workers.has(id);
  }

  #workerMessage(id: number, message: WorkerMessage): void {
    if (id === 0) return this.#describer.receive(message);
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    switch (message.type) {
      case "ready":
        worker.addresses = message.addresses;
        return this.#tell({ event: "worker-ready", worker: id });
      case "failed":
        worker.failure = message.reason;
        return;
      case "recycle":
        return this.#tell({ event: "worker-recycles", worker: id, reason: message.reason });
      case "report":
      case "report-connections":
        return this.#survey.receive(id, message);
    }
  }

  // Commands

  async #command(message: CommandMessage, reply: (reply: CommandReply) => void): Promise<void> {
    const { command, now } = message;
    if (command === "status" || command === "connections") {
      const workers = [...this.#workers.values()];
      const data = command === "status"
        ? await this.#status()
        : await this.#survey.connections(workers);
      return reply({ type: "outcome", ok: true, text: "", data });
    }
    const requester = ++this.#lastRequester;
    this.#requesters.set(requester, reply);
    this.#tell({ event: "request", request: { command, requester, now } });
  }

  get #facts(): SupervisorFacts {
    return { machine: this.#machine, workers: this.#workers };
  }

  async #status(): Promise<StatusReport> {
    const statistics = await this.#survey.statistics([...this.#workers.values()]);
    const { version, runtime, appName, logFile = "" } = this.#options;
    return {
      version,
      runtime,
      app: appName,
      uptime: Date.now() - this.#startedAt,
      handoff: this.#handoff,
      directory: this.#directory.path,
      logFile,
      ...reportOf(this.#facts, statistics),
    };
  }

  // The end of this image

  async #execute(fresh: boolean): Promise<void> {
    const descriptors = this.#sockets?.open ?? [];
    const successor = new Successor(this.#directory, this.#options.detached);
    try {
      for (const worker of this.#workers.values()) worker.send({ type: "supervisor-moves" });
      // Whoever connects from here on waits for the next image.
      this.#control.close();
      this.#control.endAll();
      await settle();
      if (!fresh) leaveHandover(this.#directory.state, this.#handover());
      if (this.#descriptors?.canExecute(descriptors)) {
        successor.execute(this.#descriptors, descriptors, fresh);
      }
      await this.#moveOn(successor, fresh);
    } catch (error) {
      await this.#control.listen(this.#directory.control);
      this.#tell({ event: "execute-failed", reason: String(error) });
    }
  }

  /** Where no image can be executed in place, a new process takes over. */
  async #moveOn(successor: Successor, fresh: boolean): Promise<void> {
    const { sockets, descriptors } = renumbered(this.#sockets?.save() ?? {});
    if (!fresh) leaveHandover(this.#directory.state, { ...this.#handover(), sockets });
    const child = await successor.spawn(
      descriptors,
      fresh,
      this.#options.logFile ? this.#log : undefined,
    );
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#sockets?.release();
    await successor.follow(child);
  }

  #handover(): Handover {
    return {
      machine: this.#machine.save(),
      sockets: this.#sockets?.save() ?? {},
      startedAt: this.#startedAt,
      detached: this.#options.detached,
      workers: [...this.#workers.values()].map(({ id, pid, startedAt, addresses }) => ({
        id,
        startedAt,
        addresses,
        ...processRecord(pid),
      })),
    };
  }

  async #exit(code: number): Promise<void> {
    this.#control.endAll();
    this.#control.close();
    releasePidFile(this.#directory.pidFile);
    await settle();
    exit(code);
  }
}

/** Lets what was written last leave. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, FAREWELL_TIME));
}
