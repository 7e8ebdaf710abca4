/**
 * The duration of `goer` commands, with an app of two workers without connections; and the memory
 * of the supervisor, after reloads and an upgrade.
 *
 * Run it with `deno run -A bench/supervisor.ts [runtime…]`.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { App, freePort } from "../tests/supervisor/app.ts";
import { median } from "./helpers/compare.ts";
import { proportionalBytes, settledBytes } from "./helpers/process.ts";
import { printTable } from "./helpers/table.ts";

/** The number of rounds, each with a new app. */
const ROUNDS = 7;

/** The timed commands, in order. */
const COMMANDS = ["start", "status", "reload", "upgrade", "stop"] as const;

type Times = Record<(typeof COMMANDS)[number], number>;

/** Runs a command; returns its duration, in seconds. */
async function time(app: App, command: string): Promise<number> {
  const begin = performance.now();
  const { code, error } = await app.command(command, ...command === "start" ? ["--daemon"] : []);
  if (code !== 0) throw new Error(`${command} failed: ${error}`);
  return (performance.now() - begin) / 1000;
}

/** Runs one round: the times, and the memory of the supervisor in MiB, total and proportional. */
async function round(runtime: Runtime): Promise<{ times: Times; resident: number; share: number }> {
  await using app = await App.write(
    runtime,
    `export default { listen: "text://127.0.0.1:${freePort()}", workers: 2,
      onMessage: (connection, line) => void connection.send(line) };`,
  );
  const times: Partial<Times> = {};
  let [resident, share] = [0, 0];
  for (const command of COMMANDS) {
    if (command === "stop") {
      const { pid } = await app.status();
      resident = await settledBytes(pid) / 2 ** 20;
      share = await proportionalBytes(pid) / 2 ** 20;
    }
    times[command] = await time(app, command);
  }
  return { times: times as Times, resident, share };
}

const chosen = RUNTIMES.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
const rows: string[][] = [];
for (const runtime of chosen) {
  const rounds: Awaited<ReturnType<typeof round>>[] = [];
  for (let index = 0; index < ROUNDS; index++) rounds.push(await round(runtime));
  const middle = (of: (one: typeof rounds[number]) => number) => median(rounds.map(of));
  rows.push([
    runtime.name,
    ...COMMANDS.map((command) => middle(({ times }) => times[command]).toFixed(2)),
    middle(({ resident }) => resident).toFixed(1),
    middle(({ share }) => share).toFixed(1),
  ]);
}
printTable(["", ...COMMANDS.map((command) => `${command}, s`), "RSS, MiB", "PSS, MiB"], rows);
