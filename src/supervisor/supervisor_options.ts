/**
 * The options of the supervisor.
 *
 * @module
 */

import type { LogFormat } from "../log_record.ts";
import type { OpenAdmin } from "./admin.ts";
import type { Reply } from "./ipc/requesters.ts";
import type { SpawnerOptions } from "./workers/spawner.ts";

/** Options of a {@linkcode Supervisor}. */
export interface SupervisorOptions extends SpawnerOptions {
  /** The app's module, for display. */
  appName: string;
  /** The number of workers, which overrides the app's options. */
  workers?: number;
  /** How long the app may take to load, and a worker to become ready, in ms. */
  startTimeout?: number;
  /** True if the previous supervisor died without cleaning up. */
  afterCrash: boolean;
  /** True if no process waits for this one: it may end when another has taken over. */
  detached: boolean;
  /** Called if the app asks for the background, and this supervisor has a terminal. */
  onDaemon?: () => void;
  /** Receives the progress of the start. */
  onStart?: Reply;
  /** True if the command line sets the log file, which overrides the app's option. */
  logFileNamed: boolean;
  /** How the log is written, which overrides the app's option. */
  logFormat?: LogFormat;
  /** The version of this code, and the runtime, for `status`. */
  version: string;
  runtime: string;
  /** Opens the admin listener. */
  openAdmin: OpenAdmin;
  /** The command that reloads the app, for people. */
  reload: string;
}
