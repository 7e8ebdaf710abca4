/**
 * The context of the steps of a walk.
 *
 * @module
 */

import type { Broker } from "../../cluster/drivers/brokers.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";
import { inOneLine, type Service } from "./service.ts";
import type { Shape } from "./shape.ts";

/** The context of a step. */
export interface Ground {
  readonly service: Service;
  readonly ledger: Ledger;
  readonly random: Random;
  /** The running broker, if one is installed. A step may replace it. */
  broker?: Broker;
  /** Records what a step is going to do. */
  note(text: string): void;
}

/** A step. */
export interface Step {
  readonly name: string;
  /** What the step requires. */
  readonly needs?: "disk" | "broker";
  run(ground: Ground): Promise<void>;
}

/** A random shape. */
export function anyShape(random: Random): Shape {
  return {
    workers: random.between(1, 3),
    second: random.toss(),
    unix: random.toss(),
    udp: random.toss(),
  };
}

/** A shape in a few words. */
export function inWords({ workers, ...addresses }: Shape): string {
  const named = Object.entries(addresses).filter(([, there]) => there).map(([name]) => name);
  return [`${workers} workers`, ...named].join(", ");
}

/**
 * Writes the app in another shape and applies it with a reload or an upgrade.
 *
 * @returns The reason if it has failed.
 */
export async function reshape(
  { service }: Ground,
  command: "reload" | "upgrade",
  shape: Shape,
): Promise<string | undefined> {
  await service.write(shape);
  const printed = await service.command(command);
  if (printed.code === 0) service.shape = shape;
  // Workers that are replaced load the current code.
  else await service.write(service.shape);
  return printed.code === 0 ? undefined : inOneLine(printed);
}

/** The id of the process of any worker. */
export async function anyWorker({ service, random }: Ground): Promise<number> {
  const { workers } = await service.status();
  return random.pick(workers.filter(({ pid }) => pid > 0)).pid;
}
