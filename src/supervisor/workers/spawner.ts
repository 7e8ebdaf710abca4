/**
 * Starts the processes of an app: one that loads it and reports what it serves, and workers.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import { type Log, logFormat } from "../../log.ts";
import type { Descriptors } from "../../runtime/descriptors.ts";
import { type Launch, launchWords, workerLaunch } from "../../runtime/program/launch.ts";
import { openLocal } from "../../runtime/sockets/local_socket.ts";
import { CHANNEL_DESCRIPTOR, type ChildProcess, spawn } from "../../runtime/process/child.ts";
import { userId } from "../../runtime/process/process.ts";
import { findUser, type User } from "../../runtime/process/users.ts";
import type { PlaceOptions, StartInfo } from "../../start_info.ts";
import { withoutColours } from "../../runtime/process/environment.ts";
import { withColours } from "../output/colours.ts";
import type { WorkerRecord } from "../machine/events.ts";
import type { WorkerGroup } from "../machine/layout.ts";
import { withoutManager } from "../systemd/service_manager.ts";
import type { Output } from "../output/output.ts";
import { environmentFor } from "../role.ts";
import type { EnvFiles } from "./env_files.ts";
import type { RuntimeDirectory } from "../directory/runtime_directory.ts";
import type { WorkerSocket } from "../sockets/socket_table.ts";

/** Options of {@linkcode Spawner}. */
export interface SpawnerOptions {
  /** How to start a process that loads the app. */
  launch: Launch;
  /** The app's module, if the launched module is another one that loads it. */
  app?: string;
  directory: RuntimeDirectory;
  descriptors?: Descriptors;
  log: Log;
  output: Output;
  logFile?: string;
  /** See {@linkcode StartInfo.worker}. Default: a new one. */
  site?: string;
  /** Permissions that workers get although only the supervisor needs them. */
  allow: string[];
  /** The arguments of the app. */
  appArguments: string[];
  /** The app's variables from files. */
  envFiles: EnvFiles;
  /** What overrides the app's own address. */
  place: PlaceOptions;
  /** Where the admin listener listens, which overrides the app's option. */
  admin?: string;
}

/** Starts the processes of an app. */
export class Spawner {
  readonly #options: SpawnerOptions;

  constructor(options: SpawnerOptions) {
    this.#options = options;
    options.site ??= crypto.randomUUID();
  }

  /**
   * Starts a process that loads the app and reports what it serves.
   *
   * @param onLine Receives each line that it prints.
   * @throws {GoerError} If a file of variables is not valid.
   */
  load(onLine: (line: string) => void): ChildProcess {
    const { logFile, descriptors } = this.#options;
    this.#options.envFiles.read();
    descriptors?.keepToItself();
    return spawn(this.#words, {
      // Its output is logged and sent to clients, where escape sequences would be escaped.
      environment: withoutColours(this.#environment({ role: "load", log: logFile })),
      channel: true,
      onLine,
    });
  }

  /** Starts a worker on its sockets. */
  worker(worker: WorkerRecord, group: WorkerGroup, sockets: WorkerSocket[]): ChildProcess {
    const user = resolveUser(group);
    const { id, slot, generation } = worker;
    const { site = "" } = this.#options;
    const numbers = sockets.map(({ descriptor }) => descriptor);
    const descriptors = this.#options.descriptors;
    const lent = descriptors?.capabilities.lent === true && numbers.length > 0;
    const services = group.services.map((key) => ({
      key,
      sockets: sockets.flatMap((one, index) =>
        one.key === key ? [lent ? one.descriptor : CHANNEL_DESCRIPTOR + 1 + index] : []
      ),
      own: sockets.some((one) => one.key === key && one.own),
    }));
    const environment = this.#environment({
      role: "worker",
      // Another user may not be able to open the log file.
      log: user ? undefined : this.#options.logFile,
      logFormat: logFormat(),
      relays: true,
      counts: true,
      measures: this.#options.admin !== undefined,
      worker: { site, id, slot, generation, services },
    });
    const start = (output: number | "pipe") =>
      spawn(this.#words, {
        environment: withColours(environment, this.#options.output.isTerminal),
        channel: true,
        descriptors: lent ? [] : numbers,
        output,
        user,
      });
    descriptors?.keepToItself();
    return this.#withPipe((output) =>
      lent ? descriptors.lend(numbers, () => start(output)) : start(output)
    );
  }

  /** Connects the output of the child that `start` starts to this process. */
  #withPipe(start: (output: number | "pipe") => ChildProcess): ChildProcess {
    const { descriptors } = this.#options;
    const pair = descriptors?.pair();
    if (descriptors === undefined || pair === undefined) return start("pipe");
    const [own, other] = pair;
    try {
      return { ...start(other), outputs: [openLocal(own)] };
    } finally {
      descriptors.close(other);
    }
  }

  get #words(): string[] {
    const { launch, allow, descriptors, appArguments } = this.#options;
    const started = workerLaunch(launch, allow, descriptors !== undefined);
    return launchWords(started, appArguments);
  }

  #environment(info: StartInfo): Record<string, string> {
    const { app, allow, place, directory, envFiles, log } = this.#options;
    const own = environmentFor({
      app,
      allow,
      ...place,
      directory: directory.path,
      channel: CHANNEL_DESCRIPTOR,
      ...info,
    });
    // The real environment wins.
    return withoutManager({ ...envFiles.variables(log), ...own });
  }
}

/**
 * The user of a group's workers; `undefined` for the supervisor's own user.
 *
 * @throws {GoerError} If the user does not exist, or this process may not switch to it.
 */
export function resolveUser({ user, group }: { user: string; group: string }): User | undefined {
  if (user === "" && group === "") return undefined;
  const name = user === "" ? String(userId()) : user;
  const found = findUser(name, group);
  if (found === undefined) {
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      `Cannot run workers as ${
        [user, group].filter(Boolean).join(":")
      }: this user or group does not exist`,
    );
  }
  if (userId() !== 0 && found.uid !== userId()) {
    throw new GoerError(
      "GOER_PERMISSION_DENIED",
      `Cannot run workers as ${user}: only root can do this. Start as root, or remove the option`,
    );
  }
  return found;
}
