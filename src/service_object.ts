/**
 * Services as plain objects.
 *
 * @module
 */

import type { GoerOptions } from "./goer.ts";
import type { AnyProtocol, ProtocolOf } from "./schemes.ts";

/**
 * A service as a plain object: what a module may export by default, alone or in an array, with no
 * import at all. {@linkcode defineService} types its handlers.
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
export interface ServiceObject<
  Address extends string = string,
  Kind extends AnyProtocol = ProtocolOf<Address>,
  State = unknown,
> extends GoerOptions<Kind, State> {
  /** The address, or `null` for a service without one: see {@linkcode Goer}. */
  listen: Address | null;
}

/**
 * Returns the service as it is. Its handlers are typed by the address: here `line` is a string.
 *
 * @param service A service as a plain object.
 *
 * @example
 * ```ts
 * import { defineService } from "@goer/goer";
 *
 * export default defineService({
 *   listen: "text://127.0.0.1:8080",
 *   state: () => ({ lines: 0 }),
 *   onMessage(connection, line) {
 *     connection.send(`${++connection.state.lines}: ${line.toUpperCase()}`);
 *   },
 * });
 * ```
 */
export function defineService<
  const Address extends string,
  Kind extends AnyProtocol = ProtocolOf<Address>,
  State = unknown,
>(service: ServiceObject<Address, Kind, State>): ServiceObject<Address, Kind, State> {
  return service;
}
