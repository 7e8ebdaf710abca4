/**
 * An application: the module that a user writes, and the services it has.
 *
 * @module
 */

import { GoerError } from "./errors.ts";
import { Goer, type GoerOptions } from "./goer.ts";
import type { AnyProtocol } from "./schemes.ts";

/** A service, whatever its messages are. */
export type AnyGoer = Goer<string, AnyProtocol>;

/**
 * A service as a plain object: what a module may export by default, alone or in an array, with no
 * import at all.
 *
 * @example
 * ```ts
 * const service = {
 *   listen: "text://127.0.0.1:8080",
 *   onMessage(connection: { send(line: string): unknown }, line: string) {
 *     connection.send(line);
 *   },
 * };
 *
 * export default service;
 * ```
 */
export interface ServiceObject extends GoerOptions<AnyProtocol> {
  /** The address: see {@linkcode Goer}. */
  listen: string;
}

/**
 * Makes services of what a module exports by default.
 *
 * @param exported The default export: a {@linkcode Goer}, a {@linkcode ServiceObject}, or an array.
 * @param name What to call the module in errors.
 * @throws {GoerError} `GOER_APP` where it is none of these; `GOER_INVALID_ARGUMENT` where an address or
 * an option is not valid.
 */
export function servicesOf(exported: unknown, name: string): AnyGoer[] {
  const list = Array.isArray(exported) ? exported : [exported];
  if (list.length === 0 || exported === undefined) {
    throw new GoerError(
      "GOER_APP",
      `Cannot find a service in ${name}: it has to export one by default, ` +
        'as in export default { listen: "text://127.0.0.1:8080", onMessage }',
    );
  }
  return list.map((item) => serviceOf(item, name));
}

function serviceOf(item: unknown, name: string): AnyGoer {
  if (isGoer(item)) return item;
  if (typeof item === "object" && item !== null && "listen" in item) {
    const { listen, ...options } = item as ServiceObject;
    return new Goer(listen, options);
  }
  throw new GoerError(
    "GOER_APP",
    `Cannot use what ${name} exports: it has to be a Goer, an object with listen, or an array of those`,
  );
}

/** True for a service, also of another copy of this library: the app may have its own. */
function isGoer(item: unknown): item is AnyGoer {
  return item instanceof Goer || typeof (item as AnyGoer | null)?.listen === "function";
}
