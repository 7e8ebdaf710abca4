/**
 * What is built into a program that runs the `goer` command.
 *
 * @module
 */

import type { OwnModule } from "../runtime/program/module_hooks.ts";

/** What is built into a program that runs the `goer` command. All parts are optional. */
export interface Program {
  /**
   * The modules for an app that imports Goer by name without having it installed. Keys are the package's
   * export paths (`"."`, `"./protocols"`), values are URLs or functions that load the module.
   */
  modules?: Record<string, OwnModule>;
  /** Returns the scripts of the npm package by path, to run an app with another runtime. */
  scripts?: () => Promise<Record<string, string>>;
  /** Loads the app that is compiled into this executable. The command line then names no app. */
  app?: () => Promise<object>;
}
