/**
 * The supervisor: carries out what its state machine decides, and passes events to it. It never
 * loads the app itself.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { type Log, logFormat, useLogFormat } from "../log.ts";
import { releaseFile, takeOverFile } from "../runtime/files/claim.ts";
import type { Descriptors } from "../runtime/descriptors.ts";
import { removeFile, resolvePath } from "../runtime/files/file_system.ts";
import type { Handoff } from "../process_options.ts";
import { within } from "../runtime/process/native_timer.ts";
import { exit } from "../runtime/process/process.ts";
import { kill, onSignal, type Signal } from "../runtime/process/signals.ts";
import { checkAddresses } from "./sockets/address_check.ts";
import { ControlServer } from "./ipc/control_server.ts";
import { WorkerPool } from "./workers/worker_pool.ts";
import { describeFailure } from "./ipc/describe_error.ts";
import { AppLoader } from "./workers/app_loader.ts";
import { DirectoryKeeper } from "./directory/directory_keeper.ts";
import { onCommandSignals, type SignalledCommand } from "./command_signals.ts";
import type { Effect, SupervisorEvent } from "./machine/events.ts";
import { chooseHandoff, type HandoffChoice } from "./sockets/socket_strategy.ts";
import type { SavedState } from "./upgrade/saved_state.ts";
import { layoutOf, workersProblem } from "./machine/layout.ts";
import { SupervisorMachine } from "./machine/machine.ts";
import { MachineTimers } from "./machine/timers.ts";
import { Announcer } from "./output/announcer.ts";
import type { AppManifest, CommandMessage } from "./ipc/messages.ts";
import { ServiceManager } from "./systemd/service_manager.ts";
import { Admin } from "./admin.ts";
import { adminHost } from "./admin_host.ts";
import { reportOf, serviceReports, type SupervisorFacts } from "./workers/report.ts";
import { type Reply, Requesters } from "./ipc/requesters.ts";
import { inheritedDescriptors } from "./role.ts";
import type { RuntimeDirectory } from "./directory/runtime_directory.ts";
import { SocketTable } from "./sockets/socket_table.ts";
import { Steering } from "./sockets/steering.ts";
import type { SupervisorOptions } from "./supervisor_options.ts";
import { resolveUser, Spawner } from "./workers/spawner.ts";
import type { StatusReport } from "./workers/status.ts";
import { reportTakeover } from "./upgrade/new_supervisor.ts";
import { FAREWELL_TIMEOUT, handOver, takeBack, type TakeoverOptions } from "./upgrade/takeover.ts";

/** A running supervisor. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #directory: RuntimeDirectory;
  readonly #log: Log;
  readonly #machine: SupervisorMachine;
  readonly #descriptors: Descriptors | undefined;
  readonly #manager: ServiceManager;
  readonly #pool: WorkerPool;
  readonly #control: ControlServer;
  readonly #keeper: DirectoryKeeper;
  readonly #steering: Steering;
  readonly #timers = new MachineTimers((timer) => this.#tell({ event: "timeout", timer }));
  readonly #requesters = new Requesters();
  readonly #announcer: Announcer;
  readonly #admin: Admin;
  #sockets: SocketTable | undefined;
  #handoff: Exclude<Handoff, "auto"> = "inherit";
  readonly #loader: AppLoader;
  #startedAt = Date.now();
  /** Cancels the takeover by a new supervisor, because a stop has priority. */
  #takeover = new AbortController();
  /** True if the directory belongs to the next supervisor. */
  #released = false;
  /** True if another process has taken over: this one decides nothing any more. */
  #standsIn = false;
  /** Signals that arrived while another process takes over, and that are meant for it. */
  #held: [Signal, SignalledCommand][] | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#directory = options.directory;
    this.#log = options.log;
    this.#descriptors = options.descriptors;
    const { startTimeout, onDaemon } = options;
    this.#machine = new SupervisorMachine({ startTimeout, mayDetach: onDaemon !== undefined });
    this.#manager = new ServiceManager(options.descriptors);
    const spawner = new Spawner(options);
    this.#pool = new WorkerPool(spawner, options, (event) => {
      if (event.event === "worker-ready") this.#sockets?.setBacklogs();
      this.#tell(event);
    });
    this.#announcer = new Announcer(options, this.#requesters, this.#machine, this.#pool);
    this.#admin = new Admin(options, adminHost(this.#machine, this.#pool, this.#command));
    this.#loader = new AppLoader(spawner, this.#log, {
      onLoaded: (app) => {
        const { workers } = this.#options;
        const reason = workersProblem(app, workers);
        if (reason !== undefined) this.#tell({ event: "load-failed", reason });
        else this.#tell({ event: "loaded", layout: layoutOf(app, workers) });
      },
      onFailed: (reason) => this.#tell({ event: "load-failed", reason }),
    });
    this.#sockets = options.descriptors && new SocketTable(options.descriptors);
    this.#steering = new Steering({
      records: () => this.#machine.workers,
      workers: this.#pool.workers,
      sockets: () => this.#sockets,
    });
    this.#control = new ControlServer({
      onFault: (reason) => this.#log.write("warn", `closed a command connection: ${reason}`),
      onCommand: (message, reply) =>
        void this.#command(message, reply).catch((error) =>
          reply({ type: "outcome", ok: false, text: describeFailure(error) })
        ),
      onCallerGone: (reply) => {
        const requester = this.#requesters.remove(reply);
        if (requester !== undefined) this.#tell({ event: "requester-gone", requester });
      },
    });
    this.#keeper = new DirectoryKeeper(
      this.#directory,
      this.#control,
      this.#log,
      () => this.#options.output.reopen(),
    );
  }

  /** Starts the app, or continues with a saved state. */
  async run(saved?: SavedState): Promise<void> {
    this.#listenToSignals();
    this.#descriptors?.acceptSignals();
    // From here on, signals are sent to this process, so it must be ready for them.
    if (saved) takeOverFile(this.#directory.pidFile);
    reportTakeover();
    await this.#control.listen(this.#directory.control);
    this.#keeper.start();
    if (saved) return this.#goOn(saved);
    if (this.#options.onStart) {
      const requester = this.#requesters.add(this.#options.onStart);
      this.#tell({ event: "request", request: { command: "wait", requester } });
    }
    this.#tell({ event: "start" });
  }

  #goOn(saved: SavedState): void {
    this.#startedAt = saved.startedAt;
    this.#descriptors?.keepToItself();
    useLogFormat(saved.logFormat ?? "text");
    this.#options.site = saved.site ?? this.#options.site;
    const { handoff, steer } = this.#chooseHandoff(saved.machine.layout.app);
    this.#handoff = handoff;
    if (this.#descriptors) this.#sockets = new SocketTable(this.#descriptors, saved.sockets, steer);
    this.#pool.adopt(saved.workers, this.#descriptors);
    this.#log.write("info", `upgraded: this is version ${this.#options.version}`);
    this.#pool.totals.restore(saved.totals);
    for (const effect of this.#machine.restore(saved.machine)) this.#perform(effect);
    this.#steering.update();
    void this.#admin.listenAgain(saved.machine.layout.app);
  }

  #listenToSignals(): void {
    onCommandSignals((signal, command) => this.#obey(signal, command));
    onSignal("SIGUSR1", () => this.#options.output.reopen());
    onSignal("SIGCHLD", () => {
      this.#pool.lookForStopped();
      this.#steering.update();
    });
  }

  #obey(signal: Signal, command: SignalledCommand): void {
    if (this.#held) this.#held.push([signal, command]);
    else this.#tell({ event: "request", request: { command } });
  }

  #tell(event: SupervisorEvent): void {
    if (this.#standsIn) return;
    for (const effect of this.#machine.handle(event)) this.#perform(effect);
    this.#steering.update();
  }

  #perform(effect: Effect): void {
    switch (effect.effect) {
      case "load":
        return this.#loader.start();
      case "cancel-load":
        return this.#loader.cancel();
      case "open":
        return void this.#open(effect);
      case "close":
        return this.#sockets?.closeExcept(effect.layout);
      case "spawn":
        return this.#spawn(effect);
      case "serve":
        return this.#pool.serve(effect.worker);
      case "drain":
        return this.#pool.drain(effect);
      case "kill":
        return this.#pool.workers.get(effect.worker)?.kill();
      case "set-timer":
        return this.#timers.set(effect.timer, effect.delay);
      case "clear-timer":
        return this.#timers.clear(effect.timer);
      case "progress":
        return this.#requesters.progress(effect.requesters, effect.text);
      case "outcome": {
        // After a reload is reported as done, the old code must not accept connections.
        const { requesters, ok, text } = effect;
        return this.#pool.whenDrained(() => this.#requesters.outcome(requesters, ok, text));
      }
      case "log":
        return this.#log.write(effect.level, effect.text);
      case "announce":
        return this.#announce(effect.state);
      case "execute":
        return void this.#execute(effect.fresh);
      case "cancel-execute":
        return this.#takeover.abort();
      case "release":
        return this.#release();
      case "detach":
        void this.#control.endAll();
        return this.#options.onDaemon?.();
      case "exit":
        return void this.#exit(effect.code);
    }
  }

  #announce(state: "ready" | "reloading" | "stopping"): void {
    if (state === "ready") {
      this.#manager.ready();
      this.#pool.totals.ready(this.#machine.reloads);
      this.#announcer.ready(serviceReports(this.#facts), this.#machine.workers.length);
    } else if (state === "reloading") {
      this.#manager.reloading();
      this.#pool.totals.reloading();
    } else {
      this.#manager.stopping();
      const { drainDelay = 0, stopTimeout = 0 } = this.#machine.layout?.app ?? {};
      this.#announcer.stopping(drainDelay + stopTimeout);
    }
  }

  // The app

  /** The app's options for the log apply at the start only. */
  #chooseLog({ logFile, logFormat }: AppManifest): void {
    const options = this.#options;
    useLogFormat(options.logFormat ?? logFormat ?? "text");
    if (logFile === "" || options.logFileNamed) return;
    options.logFile = resolvePath(logFile);
    options.output.useFile(options.logFile);
  }

  async #open({ layout, before, generation }: Effect & { effect: "open" }): Promise<void> {
    const starts = before === undefined;
    try {
      if (starts) this.#chooseLog(layout.app);
      const { handoff, steer, warning } = this.#chooseHandoff(layout.app);
      this.#handoff = handoff;
      if (starts && warning) this.#warn(warning);
      for (const group of layout.groups) resolveUser(group);
      // At the start, an address may still be in use by the workers of a supervisor that died.
      const patient = starts && this.#options.afterCrash;
      if (handoff !== "rebind") {
        if (starts) this.#sockets?.adopt(layout, inheritedDescriptors());
        await this.#sockets?.openFor(layout, { patient, steer, warn: this.#warn });
      }
      await checkAddresses({
        layout,
        before,
        holds: ({ key }) => this.#sockets?.port(key) !== undefined,
        patient,
      });
      if (starts) await this.#admin.listen(layout.app);
      this.#tell({ event: "opened", generation });
    } catch (error) {
      const reason = error instanceof GoerError ? error.message : String(error);
      this.#tell({ event: "open-failed", generation, reason });
    }
  }

  #chooseHandoff(app: AppManifest): HandoffChoice {
    return chooseHandoff(app, this.#descriptors?.capabilities ?? { inherited: [], steers: false });
  }

  #warn = (text: string): void => {
    this.#log.write("warn", text);
    this.#options.onStart?.({ type: "progress", text });
  };

  #spawn({ worker, layout }: Effect & { effect: "spawn" }): void {
    this.#keeper.look();
    const group = layout.groups.find((one) => one.key === worker.group)!;
    this.#pool.spawn(worker, group, this.#sockets?.forWorker(group) ?? []);
  }

  // Commands

  #command = async ({ command, now, plan }: CommandMessage, reply: Reply): Promise<void> => {
    if (command === "status" || command === "connections") {
      const data = command === "status" ? await this.#status() : await this.#pool.connections();
      return reply({ type: "outcome", ok: true, text: "", data });
    }
    if (command === "reopen") {
      const { logFile } = this.#options;
      this.#options.output.reopen();
      const text = logFile === undefined ? "there is no log file" : `opened ${logFile} again`;
      return reply({ type: "outcome", ok: logFile !== undefined, text });
    }
    const requester = this.#requesters.add(reply);
    this.#tell({ event: "request", request: { command, requester, now, plan } });
  };

  get #facts(): SupervisorFacts {
    return { machine: this.#machine, workers: this.#pool.workers };
  }

  async #status(): Promise<StatusReport> {
    const statistics = await this.#pool.statistics();
    const { version, runtime, appName, logFile = "" } = this.#options;
    return {
      version,
      runtime,
      app: appName,
      uptime: Date.now() - this.#startedAt,
      handoff: this.#sockets?.steered.length ? "steer" : this.#handoff,
      directory: this.#directory.path,
      logFile,
      ...reportOf(this.#facts, statistics),
    };
  }

  // The end of this supervisor

  async #execute(fresh: boolean): Promise<void> {
    this.#takeover = new AbortController();
    // The directory belongs to the next supervisor.
    this.#keeper.pause();
    const options = this.#takeoverOptions(fresh);
    try {
      await handOver(options);
    } catch (error) {
      await takeBack(options).catch((cause) => this.#log.write("error", describeFailure(cause)));
      this.#tell({ event: "execute-failed", reason: describeFailure(error) });
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const [signal, command] of held) this.#obey(signal, command);
    } finally {
      if (!this.#released) this.#keeper.resume();
    }
  }

  #takeoverOptions(fresh: boolean): TakeoverOptions {
    return {
      directory: this.#directory,
      detached: this.#options.detached,
      descriptors: this.#descriptors,
      sockets: this.#sockets,
      pool: this.#pool,
      control: this.#control,
      output: this.#options.output,
      save: fresh ? undefined : (workers) => ({
        machine: this.#machine.save(),
        sockets: this.#sockets?.save() ?? {},
        startedAt: this.#startedAt,
        logFile: this.#options.logFile,
        logFormat: logFormat(),
        site: this.#options.site,
        lostLines: this.#options.output.lost,
        totals: this.#pool.totals.save(),
        workers,
      }),
      cancelled: this.#takeover.signal,
      isOver: () => this.#released,
      onQuiet: () => this.#announcer.end(),
      onLeaving: () => this.#held = [],
      onTakenOver: ({ pid }) => {
        this.#standsIn = true;
        void this.#admin.close();
        for (const [signal] of this.#held ?? []) kill(pid, signal);
        this.#held = undefined;
      },
    };
  }

  /** Nothing of this process may obstruct the next supervisor. */
  #release(): void {
    this.#released = true;
    this.#keeper.pause();
    void this.#control.close();
    removeFile(this.#directory.state);
    releaseFile(this.#directory.pidFile);
  }

  async #exit(code: number): Promise<void> {
    this.#announcer.end();
    const ends = [this.#control.endAll(), this.#admin.close(), this.#pool.outputEnded];
    await within(FAREWELL_TIMEOUT, Promise.all(ends));
    this.#pool.endOutput();
    await within(FAREWELL_TIMEOUT, this.#options.output.idle);
    exit(code);
  }
}
