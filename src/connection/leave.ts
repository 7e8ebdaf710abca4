/**
 * Asking a connection to leave before its time is up.
 *
 * @module
 */

import type { StreamConnection } from "./stream.ts";

/**
 * Closes a connection, unless it ends by itself when what is in progress is finished: a response is not
 * cut.
 */
export function leave<In, Out>(connection: StreamConnection<In, Out>): void {
  connection.drain();
  const { session } = connection;
  if (session.drain === undefined || session.endless) connection.depart("restart");
}
