/**
 * Closes connections gently, before the end of a drain.
 *
 * @module
 */

import type { StreamConnection } from "./stream.ts";

/**
 * Closes a connection, unless it ends by itself after the current exchange: a response is not cut off.
 */
export function leave<In, Out>(connection: StreamConnection<In, Out>): void {
  connection.drain();
  const { session } = connection;
  if (session.drain === undefined || session.endless) connection.depart("restart");
}
