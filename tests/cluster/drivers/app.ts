/**
 * A process with buses. Its test controls it over a connection, with one JSON line per message.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { connect } from "node:net";
import process from "node:process";
import type { Bus, BusEvents } from "../../../src/cluster/drivers/bus.ts";
import { createBus } from "../../../src/cluster/drivers/open_bus.ts";

/** What the test requests. */
interface Request {
  /** Which bus. */
  id: number;
  action: "create" | "open" | "publish" | "subscribe" | "unsubscribe" | "close" | "end";
  address?: string;
  options?: Record<string, number>;
  channel?: string;
  /** The message in base64, or its size; then its bytes count up. */
  message?: string | number;
}

const socket = connect(Number(process.argv[2]), "127.0.0.1");
const buses = new Map<number, Bus>();

function tell(fact: Record<string, unknown>): void {
  socket.write(`${JSON.stringify(fact)}\n`);
}

/** Bytes that count up from 0 to 250, repeatedly. */
function counting(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => index % 251);
}

function eventsOf(id: number): BusEvents {
  return {
    onMessage(channel, message) {
      tell({
        id,
        event: "message",
        channel,
        size: message.length,
        plain: message.constructor === Uint8Array,
        sha1: createHash("sha1").update(message).digest("hex"),
        ...message.length <= 256 ? { bytes: [...message] } : {},
      });
    },
    onAway: (error) =>
      tell({ id, event: "away", code: Reflect.get(error, "code"), message: error.message }),
    onBack: () => tell({ id, event: "back" }),
  };
}

async function obey(request: Request): Promise<Record<string, unknown>> {
  const { id, action, address = "", channel = "", message = "" } = request;
  const bus = buses.get(id);
  switch (action) {
    case "create": {
      const created = await createBus(address, request.options);
      buses.set(id, created);
      return { name: created.name };
    }
    case "open":
      await bus!.open(eventsOf(id));
      return { maxMessageSize: bus!.maxMessageSize };
    case "publish": {
      const bytes = typeof message === "number"
        ? counting(message)
        : Uint8Array.from(atob(message), (char) => char.charCodeAt(0));
      bus!.publish(channel, bytes);
      return { sha1: createHash("sha1").update(bytes).digest("hex") };
    }
    case "subscribe":
      await bus!.subscribe(channel);
      return {};
    case "unsubscribe":
      bus!.unsubscribe(channel);
      return {};
    case "close":
      await bus!.close();
      return {};
    case "end":
      return {};
  }
}

async function answer(line: string): Promise<void> {
  const request: Request = JSON.parse(line);
  let reply: Record<string, unknown>;
  try {
    reply = await obey(request);
  } catch (error) {
    const { message, stack, cause } = error as Error;
    // Everything that a log could show.
    const shown = [message, stack, String(cause), JSON.stringify(error)].join("\n");
    reply = { failed: message, code: Reflect.get(error as Error, "code"), shown };
  }
  tell({ id: request.id, reply: request.action, ...reply });
  // From here on only a bus could keep the process alive.
  if (request.action === "end") setTimeout(() => socket.end());
}

for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(fault, (error: unknown) => tell({ event: "fault", message: String(error) }));
}

let rest = "";
socket.setEncoding("utf8");
socket.on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  // Requests that arrive together are handled together.
  for (const line of lines) answer(line);
});
