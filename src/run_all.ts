/**
 * `runAll`: makes a program its own `goer` command.
 *
 * @module
 */

import type { ListenOptions } from "./server.ts";

/** A service that {@linkcode runAll} can run: a `Goer`, or a plain object with its address in `listen`. */
export type Runnable = { readonly listen: string | null } | {
  readonly address: string;
  listen(options?: ListenOptions): Promise<unknown>;
};

/**
 * Runs services according to the command line: `app.ts start` serves until it is stopped; `stop`, `reload`,
 * `status` and the other commands of `goer` work on what was started.
 *
 * @param services All services of the program: the ones that are not passed do not run.
 * @returns In a process that runs a command, a promise that resolves when the command is done. In one that
 * serves, a promise that stays pending.
 * @throws {GoerError} `GOER_APP` if there is no service, or an argument is not one;
 * `GOER_INVALID_ARGUMENT` if it was called before.
 *
 * @example Two services in one program
 * ```ts ignore
 * import { Goer, runAll } from "@goer/goer";
 *
 * const lines = new Goer("text://127.0.0.1:8080");
 * lines.onMessage = (connection, line) => connection.send(line);
 * const pages = new Goer("http://127.0.0.1:8081", { fetch: () => new Response("hello") });
 *
 * await runAll(lines, pages);
 * ```
 */
export async function runAll(...services: Runnable[]): Promise<void> {
  const { runServices } = await import("./entry.ts");
  const { RUN_ALL, servicesOf } = await import("./app.ts");
  await runServices(() => servicesOf(services, RUN_ALL));
}
