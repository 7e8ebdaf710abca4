/**
 * Pings each client that has been silent for 30 s, and drops a client that does not answer two
 * pings. This finds clients that have vanished without closing the connection, for example because
 * of a cut cable.
 *
 * Start it with `deno run -A mod.ts start examples/heartbeat.ts`, connect with `nc 127.0.0.1 8080`, and send
 * anything to stay connected.
 *
 * @module
 */

import process from "node:process";
import { type Connection, Goer, type Timer } from "@goer/goer";
import { text } from "@goer/goer/protocols/text";

/** How long a client may be silent before it gets a ping, in ms. */
const INTERVAL = Number(process.env.HEARTBEAT_INTERVAL ?? 30_000);
/** How many pings may be unanswered. */
const MAX_MISSED = 2;

interface Heart {
  /** Fires while the client is silent. */
  beat?: Timer;
  /** How many pings are unanswered since the last message. */
  missed: number;
}

const goer = new Goer(process.env.HEARTBEAT_ADDRESS ?? "tcp://127.0.0.1:8080", {
  protocol: text,
  state: (): Heart => ({ missed: 0 }),
});

goer.onConnect = (connection) => {
  connection.state.beat = goer.timers.every(INTERVAL, beat, { argument: connection });
};

goer.onMessage = (connection, line) => {
  // Any message is a sign of life. Restarting the timer costs less than reading the line did.
  connection.state.missed = 0;
  connection.state.beat?.reset();
  if (line !== "pong") connection.send(`you said ${line}`);
};

goer.onClose = (connection) => {
  connection.state.beat?.cancel();
};

/** Runs when the client has been silent for an interval. */
function beat(connection: Connection<string, Heart>): void {
  if (connection.state.missed++ < MAX_MISSED) connection.send("ping");
  else connection.destroy();
}

export default goer;
