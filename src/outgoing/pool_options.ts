/**
 * The options of a pool, beside those of its connections.
 *
 * @module
 */

import { type Bounds, checkNumbers, describeValue, invalidOption, MAX_DELAY } from "../numbers.ts";
import { checkOptions, FUNCTION, NUMBER, OBJECT, type OptionSet, SIGNAL } from "../option_types.ts";

/** How many connections a pool has, and who waits for them. */
export interface PoolLimits {
  /**
   * How many connections are made at the start and stay open when they are not in use, from 0. One that
   * is lost is replaced when it is needed.
   *
   * @default {0}
   */
  min?: number;
  /**
   * How many connections there are at most, from 1 to 65,535: there are no more local ports to one
   * address.
   *
   * @default {10}
   */
  max?: number;
  /**
   * How long a connection can stay unused before it is closed, in ms, from 1 to 2,147,483,647 (about
   * 24 days). `min` connections stay. This is not `idleTimeout` of `connect`, which closes a
   * connection whose peer is silent.
   *
   * @default {30000}
   */
  idleTimeout?: number;
  /**
   * How long to wait for a connection, in ms, from 1 to 2,147,483,647 (about 24 days).
   *
   * @default {30000}
   */
  acquireTimeout?: number;
  /**
   * How many callers can wait while all connections are in use, from 0. It limits the memory that a
   * slow peer can use.
   *
   * @default {1000}
   */
  maxWaiting?: number;
}

/** The defaults of {@linkcode PoolLimits}. */
const DEFAULTS: Readonly<Required<PoolLimits>> = {
  min: 0,
  max: 10,
  idleTimeout: 30_000,
  acquireTimeout: 30_000,
  maxWaiting: 1_000,
};

/** The most connections: as many as there are ports. */
const MOST = 65_535;

const SET: OptionSet = {
  of: "connectPool",
  types: {
    min: NUMBER,
    max: NUMBER,
    idleTimeout: NUMBER,
    acquireTimeout: NUMBER,
    maxWaiting: NUMBER,
    validate: FUNCTION,
    connect: OBJECT,
  },
  hint: ". Options of its connections belong in connect: { … }",
};

const BOUNDS: Readonly<Record<keyof PoolLimits, Bounds>> = {
  min: [0, MOST],
  max: [1, MOST],
  idleTimeout: [1, MAX_DELAY],
  acquireTimeout: [1, MAX_DELAY],
  maxWaiting: [0, Number.MAX_SAFE_INTEGER],
};

const ACQUIRE: OptionSet = { of: "acquire", types: { signal: SIGNAL } };

/** Options of which a pool does the work. */
const REPLACED = ["reconnect", "onDisconnect", "onReconnect"];

/**
 * Checks options, and fills in defaults.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is not valid.
 */
export function resolvePool(given: PoolLimits & { connect?: object }): Required<PoolLimits> {
  checkOptions(given, SET);
  checkNumbers(given, BOUNDS);
  const connect = given.connect as { readonly [name: string]: unknown } | undefined;
  const replaced = REPLACED.find((name) => connect?.[name] !== undefined);
  if (replaced !== undefined) {
    const reason = "no value: a pool replaces lost connections itself";
    throw invalidOption(`connect.${replaced}`, reason, "one");
  }
  const limits = { ...DEFAULTS };
  for (const name of Object.keys(BOUNDS) as (keyof PoolLimits)[]) {
    limits[name] = given[name] ?? limits[name];
  }
  if (given.max === undefined) limits.max = Math.max(limits.min, limits.max);
  if (limits.min <= limits.max) return limits;
  throw invalidOption("min", `at most max, ${limits.max}`, describeValue(limits.min));
}

/** Checks the options of `acquire`. */
export function checkAcquire(options: { signal?: AbortSignal }): void {
  checkOptions(options, ACQUIRE);
}
