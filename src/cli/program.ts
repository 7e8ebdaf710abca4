/**
 * What is built into a program that runs the `goer` command.
 *
 * @module
 */

import type { OwnModule } from "../runtime/program/module_hooks.ts";

/** What is built into a program that runs the `goer` command: all of it may be missing. */
export interface Program {
  /**
   * The modules that an app gets which imports Goer by its name and has not installed it, by the names
   * under which the package exports them (`"."`, `"./protocols"`): a URL, or what loads the module.
   */
  modules?: Record<string, OwnModule>;
  /** Gives the scripts of the npm package by their paths: to run an app under another runtime. */
  scripts?: () => Promise<Record<string, string>>;
  /** Loads the app that is compiled into this executable: then none is named on the command line. */
  app?: () => Promise<object>;
}
