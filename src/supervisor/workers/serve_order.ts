/**
 * The order to serve, with what all workers of an app share.
 *
 * @module
 */

import { makeTicketKeys } from "../../runtime/shared/tls_tickets.ts";
import type { WorkerOrder } from "../ipc/messages.ts";

/**
 * As long as this supervisor runs. They are sent on the channel, because another process of the
 * user can read the environment.
 */
let ticketKeys: string | undefined;

/** The order, for each worker. */
export function serveOrder(): WorkerOrder {
  ticketKeys ??= makeTicketKeys();
  return { type: "serve", ticketKeys };
}
