/**
 * Pings each peer that has been silent for 30 s, and drops one that does not answer twice: a peer that
 * has vanished without a word, as its cable was cut, is noticed by nobody else.
 *
 * `deno run -A mod.ts start examples/heartbeat.ts`, then `nc 127.0.0.1 8080`: say anything to stay.
 *
 * @module
 */

import process from "node:process";
import { type Connection, Goer, type Timer } from "@goer/goer";
import { text } from "@goer/goer/protocols/text";

/** After how long a silence a peer is pinged, in ms. */
const INTERVAL = Number(process.env.HEARTBEAT_INTERVAL ?? 30_000);
/** How many pings a peer may leave without an answer. */
const MAX_MISSED = 2;

interface Heart {
  /** Beats for as long as the peer is silent. */
  beat?: Timer;
  /** How many pings went without an answer since the peer was last heard. */
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
  // Whatever it says, it is there. To arm a timer anew costs less than to read the line did.
  connection.state.missed = 0;
  connection.state.beat?.reset();
  if (line !== "pong") connection.send(`you said ${line}`);
};

goer.onClose = (connection) => {
  connection.state.beat?.cancel();
};

/** The peer has been silent for an interval. */
function beat(connection: Connection<string, Heart>): void {
  if (connection.state.missed++ < MAX_MISSED) connection.send("ping");
  else connection.destroy();
}

export default goer;
