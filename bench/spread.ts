/**
 * How evenly 1,000 connections are spread over the workers of an app on Deno: the fewest and the
 * most that one worker gets, by the option `handoff`.
 *
 * Run it with `deno run -A bench/spread.ts`.
 *
 * @module
 */

import { RUNTIMES } from "../tests/helpers/runtimes.ts";
import { App, freePort } from "../tests/supervisor/app.ts";
import { printTable } from "./helpers/table.ts";

const CONNECTIONS = 1000;

/** The ways: of `rebind`, the kernel chooses by a hash of the addresses. */
const HANDOFFS = ["steer", "rebind", "inherit"];

/** How many connections each worker has. */
async function spread(handoff: string, workers: number): Promise<number[]> {
  const port = freePort();
  await using app = await App.write(
    RUNTIMES[0],
    `export default { listen: "text://127.0.0.1:${port}", workers: ${workers},
      handoff: "${handoff}", onMessage: (connection, line) => void connection.send(line) };`,
  );
  await app.start();
  const connections: Deno.Conn[] = [];
  for (let count = 0; count < CONNECTIONS; count++) {
    connections.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  }
  let counts: number[];
  do {
    const { workers } = await app.status();
    counts = workers.map(({ statistics }) => statistics?.connections ?? 0);
  } while (counts.reduce((sum, count) => sum + count, 0) < CONNECTIONS);
  for (const connection of connections) connection.close();
  return counts;
}

const rows: string[][] = [];
for (const handoff of HANDOFFS) {
  const cells: string[] = [];
  for (const workers of [2, 4, 8]) {
    const counts = await spread(handoff, workers);
    cells.push(`${Math.min(...counts)} to ${Math.max(...counts)}`);
  }
  rows.push([handoff, ...cells]);
}
printTable(["handoff", "2 workers", "4 workers", "8 workers"], rows);
