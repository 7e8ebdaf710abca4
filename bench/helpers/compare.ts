/**
 * Compares servers under the same load: all are started, and loaded in turn, round after round, so
 * that other load on the machine affects all of them equally. Servers have one core, the load has
 * another.
 *
 * @module
 */

import type { Runtime } from "../../tests/helpers/runtimes.ts";
import { serve } from "../../tests/helpers/serve.ts";
import { cpuSeconds, pin } from "./process.ts";

/** What a benchmarked server prints when it is ready. */
export interface Listening {
  /** Its addresses, such as `"tcp://127.0.0.1:40123"`. The first one is loaded. */
  addresses: string[];
}

/** A server to compare. */
export interface Candidate {
  /** Its name in the table. */
  name: string;
  /** Its runtime. */
  runtime: Runtime;
  /** Its file, relative to the root of the repository. */
  app: string;
  /** Its arguments. */
  args?: string[];
}

/** A server that is ready. */
export interface RunningServer {
  /** Its name in the table. */
  name: string;
  /** The process whose CPU time is measured. */
  pid: number;
  /** Where to load it. */
  url: URL;
}

/** Loads a server and returns the number of completed operations (requests, messages). */
export type Load = (url: URL, server: RunningServer) => Promise<number>;

/** Options of {@linkcode compare}. */
export interface CompareOptions {
  /** How often each server is loaded. @default 5 */
  rounds?: number;
  /** How often before that, so that the compilers of the servers have done their work. @default 1 */
  warmups?: number;
}

/** The results of one server: medians of the rounds. */
export interface Measured {
  /** Its name in the table. */
  name: string;
  /** Operations per second of time. */
  rate: number;
  /** Server CPU per operation, in µs. */
  cost: number;
  /** Its `cost`, divided by that of the first candidate in the same round. */
  ratio: number;
}

/** One load of one server. */
interface Sample {
  rate: number;
  cost: number;
}

/**
 * Compares `candidates` under `load`, relative to the first one.
 */
export async function compare(
  candidates: Candidate[],
  load: Load,
  options: CompareOptions = {},
): Promise<Measured[]> {
  await using stack = new AsyncDisposableStack();
  const servers: RunningServer[] = [];
  for (const { name, runtime, app, args } of candidates) {
    const server = stack.use(await serve<Listening>(runtime, app, { args }));
    servers.push({ name, pid: server.pid, url: new URL(server.ready.addresses[0]) });
  }
  return await compareRunning(servers, load, options);
}

/** Compares servers that run already. */
export async function compareRunning(
  servers: RunningServer[],
  load: Load,
  { rounds = 5, warmups = 1 }: CompareOptions = {},
): Promise<Measured[]> {
  await pin(Deno.pid, 1);
  for (const { pid } of servers) await pin(pid, 0);
  const samples = servers.map((): Sample[] => []);
  for (let round = -warmups; round < rounds; round++) {
    for (const index of order(servers.length, round)) {
      const sample = await measure(servers[index], load);
      if (round >= 0) samples[index].push(sample);
    }
  }
  return servers.map(({ name }, index) => ({
    name,
    rate: median(samples[index].map(({ rate }) => rate)),
    cost: median(samples[index].map(({ cost }) => cost)),
    ratio: median(samples[index].map(({ cost }, round) => cost / samples[0][round].cost)),
  }));
}

/** Every second round is reversed, so that no server always follows the same one. */
function order(count: number, round: number): number[] {
  const indexes = Array.from({ length: count }, (_, index) => index);
  return round % 2 === 0 ? indexes : indexes.reverse();
}

/** Loads one server once. */
async function measure(server: RunningServer, load: Load): Promise<Sample> {
  const [cpuBefore, begin] = [await cpuSeconds(server.pid), performance.now()];
  const operations = await load(server.url, server);
  const [cpu, end] = [await cpuSeconds(server.pid) - cpuBefore, performance.now()];
  return { rate: operations / (end - begin) * 1000, cost: cpu / operations * 1e6 };
}

/** The middle of `values`. */
export function median(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
