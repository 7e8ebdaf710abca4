/**
 * The events of the live page: what the app does, once per second.
 *
 * @module
 */

import { printableLines } from "../printable.ts";
import { fileState, linesBackwards } from "../runtime/files/tail.ts";
import type { AdminHost, Observation } from "../supervisor/admin.ts";
import type { ConnectionStatus } from "../supervisor/workers/status.ts";

/** How often the page gets an event, in ms. */
const INTERVAL = 1000;

/** Connections are in every fifth event only, because listing them costs the most. */
const CONNECTIONS_EVERY = 5;

/** How many connections and log lines are shown, and the longest line in UTF-16 units. */
const MAX_CONNECTIONS = 20;
const MAX_LOG_LINES = 40;
const MAX_LOG_LINE = 1000;

/**
 * A response with events, until the client leaves. A client that does not read gets no more.
 *
 * @param controls True if the page may give commands.
 */
export function liveEvents(
  observe: () => Promise<Observation>,
  host: AdminHost,
  controls: boolean,
): Response {
  const encoder = new TextEncoder();
  const tail = new Tail();
  let count = 0;
  let left = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (count > 0) await new Promise((resolve) => setTimeout(resolve, INTERVAL));
      if (left) return;
      const observation = await observe();
      const connections = count++ % CONNECTIONS_EVERY === 0 ? await busiest(host) : undefined;
      const { status, unready } = observation;
      const log = tail.read(status.logFile);
      const event = {
        status,
        unready,
        services: servicesOf(observation),
        connections,
        log,
        controls,
      };
      if (!left) controller.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\n\n`));
    },
    cancel: () => void (left = true),
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

/** Each service, with its counters. */
function servicesOf({ status, totals, names }: Observation): object[] {
  const keys = Object.keys(names);
  const none = { open: 0, messages: 0, bytesRead: 0, bytesWritten: 0, handlerErrors: 0 };
  return status.services.map((service, index) => ({
    ...none,
    ...service,
    ...totals.services.find(({ key }) => key === keys[index]),
    key: keys[index],
  }));
}

/** The connections with the most bytes. */
async function busiest(host: AdminHost): Promise<ConnectionStatus[]> {
  const bytes = (one: ConnectionStatus) => one.bytesRead + one.bytesWritten;
  const connections = await host.connections();
  return connections.sort((one, other) => bytes(other) - bytes(one)).slice(0, MAX_CONNECTIONS);
}

/** The last lines of the log file, when they have changed. */
class Tail {
  #seen = "";

  read(path: string): string | undefined {
    const state = path === "" ? undefined : fileState(path);
    const seen = `${state?.identity} ${state?.size}`;
    if (seen === this.#seen) return undefined;
    this.#seen = seen;
    if (state === undefined) return "There is no log file: the app writes to its terminal.";
    const lines: string[] = [];
    for (const line of state.size === 0 ? [] : linesBackwards(path, state.size)) {
      if (lines.push(line.slice(0, MAX_LOG_LINE)) === MAX_LOG_LINES) break;
    }
    return printableLines(lines.reverse().join("\n"));
  }
}
