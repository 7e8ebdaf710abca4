/**
 * `goer start --watch`: reloads the app when its code changes.
 *
 * @module
 */

import type { Log } from "../log.ts";
import { dirname } from "../runtime/files/file_system.ts";
import { modulesIn, SourceWatch } from "../runtime/files/source_watch.ts";
import { ownProgram } from "../runtime/program/own_program.ts";
import { processId } from "../runtime/process/process.ts";
import { kill } from "../runtime/process/signals.ts";

/** What {@linkcode watch} takes. */
export interface WatchOptions {
  /** The app's module: a path or a URL. */
  app: string;
  /** The runtime directory, which may be in the app's folder. */
  directory: string;
  /** Other files that the app depends on. */
  files: readonly string[];
  log: Log;
}

/**
 * Reloads the app when a module that it imports has changed, or, if the runtime does not tell, a module
 * in its folder. Several changes at once cause one reload. If the runtime fails to tell, those that were
 * watched before are watched.
 */
export async function watch({ app, directory, files, log }: WatchOptions): Promise<SourceWatch> {
  const folder = dirname(app);
  const moduleGraph = async () => {
    try {
      return await ownProgram.moduleGraph?.(app);
    } catch (error) {
      const { message } = error as Error;
      log.write("warn", `--watch: cannot ask for the modules that ${app} imports: ${message}`);
    }
  };
  let graph = await moduleGraph();
  const modules = () => graph ?? modulesIn(folder, directory);
  // The same as the signal of a person: if another supervisor takes over, it gets it.
  const reload = () => kill(processId(), "SIGHUP");
  const source = new SourceWatch(() => [...modules(), ...files], (paths) => {
    const others = paths.length > 1 ? ` and ${paths.length - 1} more` : "";
    log.write("info", `${paths[0]}${others} changed: reloading`);
    reload();
    void moduleGraph().then((found) => {
      if (found === undefined) return;
      graph = found;
      source.accept();
    });
  });
  log.write(
    "info",
    `--watch: reloads when ${graph ? "its modules" : `modules in ${folder}`} change`,
  );
  return source;
}
