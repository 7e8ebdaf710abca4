/**
 * A random walk over a service: commands and disturbances under load.
 *
 * @module
 */

import type { Runtime } from "../../helpers/runtimes.ts";
import { REDIS } from "../../cluster/drivers/brokers.ts";
import type { Ground, Step } from "./ground.ts";
import { Invariants } from "./invariants.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { MISHAPS } from "./mishaps.ts";
import { ORDERS } from "./orders.ts";
import { Random } from "./random.ts";
import { Service } from "./service.ts";
import { eventually } from "./waiting.ts";

/** How many lines of a log a failure shows. */
const SHOWN_LOG = 60;

/** All steps. */
const STEPS: readonly Step[] = [...ORDERS, ...MISHAPS];

/** Options of a walk. */
export interface WalkOptions {
  runtime: Runtime;
  seed: number;
  /** How many steps of the first round to skip: parallel walks share them. */
  skip?: number;
  /** True to continue after this number of steps. */
  goesOn(steps: number): boolean;
  /** Receives the description of each step. */
  onStep?(text: string): void;
}

/** The result of a walk. */
export interface WalkResult {
  steps: number;
  requests: number;
  /** The number of lost requests by their explanation. */
  explained: number;
}

/**
 * Walks. Each kind of step occurs once, in any order, before one occurs again.
 *
 * @throws {Error} With the seed and the steps so far, if a condition is not true.
 */
export async function walk(options: WalkOptions): Promise<WalkResult> {
  const { runtime, seed, skip = 0 } = options;
  const name = `--runtime ${runtime.name} --seed ${seed} --skip ${skip}`;
  const random = new Random(seed);
  const broker = REDIS.missing === undefined ? await REDIS.start() : undefined;
  const ledger = new Ledger();
  const done: string[] = [];
  let ground: Ground | undefined;
  try {
    await using service = await Service.start(
      runtime,
      broker && `redis://127.0.0.1:${broker.port}`,
    );
    ground = {
      service,
      ledger,
      random,
      broker,
      note: (text) => done[done.length - 1] += `: ${text}`,
    };
    try {
      await using load = new Load(service.places, ledger);
      await walkOver(ground, load, done, options);
    } catch (error) {
      throw new Error(await report(service, name, done, error), { cause: error });
    }
    const lost = ledger.judge([]);
    if (lost.length > 0) throw new Error(await report(service, name, done, losses(lost)));
  } finally {
    await (ground?.broker ?? broker)?.kill();
  }
  return { steps: done.length, requests: ledger.requests, explained: ledger.explained };
}

async function walkOver(
  ground: Ground,
  load: Load,
  done: string[],
  { goesOn, onStep, skip = 0 }: WalkOptions,
): Promise<void> {
  const { ledger, random, service } = ground;
  const possible = STEPS.filter(({ needs }) =>
    needs === undefined || (needs === "disk" ? service.disk : ground.broker) !== undefined
  );
  const invariants = new Invariants(service);
  let bag = random.shuffle(possible).slice(skip);
  await invariants.hold(true);
  while (goesOn(done.length)) {
    if (bag.length === 0) bag = random.shuffle(possible);
    const step = bag.shift()!;
    done.push(step.name);
    await step.run(ground);
    // Half of the time, draining workers are still there at the next step.
    const { workers } = await invariants.hold(random.toss());
    if (service.shape.udp) await datagramsAreAnswered(load);
    const staying = workers.filter(({ state }) => state !== "draining");
    const lost = ledger.judge(staying.map(({ pid }) => pid));
    if (lost.length > 0) throw losses(lost);
    onStep?.(`${done.length} ${done.at(-1)}`);
  }
}

async function datagramsAreAnswered(load: Load): Promise<void> {
  const before = load.answeredDatagrams;
  await eventually("answers to datagrams", () => load.answeredDatagrams > before);
}

function losses(lost: readonly { what: string }[]): Error {
  return new Error(`lost without a reason:\n${lost.map(({ what }) => what).join("\n")}`);
}

async function report(
  service: Service,
  name: string,
  done: readonly string[],
  error: unknown,
): Promise<string> {
  const log = (await service.log()).trimEnd().split("\n").slice(-SHOWN_LOG);
  return [
    (error as Error).message,
    `This was the walk ${name}. The steps were:`,
    ...done.map((step, index) => `${index + 1} ${step}`),
    "The log ends with:",
    ...log,
  ].join("\n");
}
