/**
 * The options of a connection to another address, beside those of a service.
 *
 * @module
 */

import { type Bounds, checkNumbers, describeValue, invalidOption, MAX_DELAY } from "../numbers.ts";
import { checkOptions, NUMBER, type OptionSet, SIGNAL } from "../option_types.ts";

/**
 * When and how often a connection that was lost is made again. The pause before an attempt doubles
 * from `minDelay` up to `maxDelay`. It starts over after a connection that lasted longer than the
 * last pause, and at least a second.
 *
 * @example
 * ```ts
 * import type { ReconnectOptions } from "@goer/goer";
 *
 * const patient: ReconnectOptions = { minDelay: 1_000, maxDelay: 60_000, maxQueueLength: 0 };
 * ```
 */
export interface ReconnectOptions {
  /**
   * The pause before the first attempt, in ms, from 1 to 2,147,483,647 (about 24 days).
   *
   * @default {100}
   */
  minDelay?: number;
  /**
   * The longest pause, in ms, from `minDelay` to 2,147,483,647 (about 24 days).
   *
   * @default {30000}
   */
  maxDelay?: number;
  /**
   * The random part of each pause, from 0 to 1: with 0.5, a pause of 10 s takes 5 to 10 s. So the
   * clients of a server that has restarted do not all connect at the same time.
   *
   * @default {0.5}
   */
  jitter?: number;
  /**
   * After how many failed attempts in a row to give up, from 1. Then `onClose` is called.
   *
   * @default {Infinity}
   */
  maxAttempts?: number;
  /**
   * How many messages wait for the next connection, from 0. Then `send` returns `"full"`. Their
   * bytes and text together are limited by `maxSendBufferSize`, too.
   *
   * @default {1000}
   */
  maxQueueLength?: number;
}

/** Options of `request`. */
export interface RequestOptions {
  /**
   * How long to wait for the answer, in ms, from 0 to 2,147,483,647 (about 24 days). 0 means no
   * limit.
   *
   * @default {30000}
   */
  timeout?: number;
  /** Stops waiting for the answer when the signal is aborted. */
  signal?: AbortSignal;
}

/** The defaults of {@linkcode ReconnectOptions}. */
const DEFAULTS: Readonly<Required<ReconnectOptions>> = {
  minDelay: 100,
  maxDelay: 30_000,
  jitter: 0.5,
  maxAttempts: Infinity,
  maxQueueLength: 1_000,
};

/** The default of `timeout`, in ms. */
const DEFAULT_TIMEOUT = 30_000;

const TYPES: OptionSet["types"] = {
  minDelay: NUMBER,
  maxDelay: NUMBER,
  jitter: NUMBER,
  maxAttempts: NUMBER,
  maxQueueLength: NUMBER,
};

const BOUNDS: Readonly<Record<string, Bounds>> = {
  minDelay: [1, MAX_DELAY],
  maxDelay: [1, MAX_DELAY],
  maxAttempts: [1, Infinity],
  maxQueueLength: [0, Number.MAX_SAFE_INTEGER],
};

const REQUEST: OptionSet = { of: "request", types: { timeout: NUMBER, signal: SIGNAL } };

/**
 * Fills in defaults. `true` means all of them.
 *
 * @returns `undefined` if a lost connection is not made again.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is not valid.
 */
export function resolveReconnect(
  given: ReconnectOptions | boolean | undefined,
): Required<ReconnectOptions> | undefined {
  if (given === undefined || given === false) return undefined;
  if (given === true) return DEFAULTS;
  checkOptions(given, { of: "connect", types: TYPES, prefix: "reconnect." });
  checkNumbers(given, BOUNDS, "reconnect.");
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  const options = { ...DEFAULTS, ...Object.fromEntries(defined) };
  const { jitter, minDelay, maxDelay } = options;
  if (!(jitter >= 0 && jitter <= 1)) {
    throw invalidOption("reconnect.jitter", "a number from 0 to 1", describeValue(jitter));
  }
  if (given.maxDelay === undefined) return { ...options, maxDelay: Math.max(minDelay, maxDelay) };
  if (maxDelay >= minDelay) return options;
  const expected = `at least minDelay, ${minDelay}`;
  throw invalidOption("reconnect.maxDelay", expected, describeValue(maxDelay));
}

/**
 * Checks the options of a request, and fills in the default of `timeout`.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is not valid.
 */
export function resolveRequest(
  options: RequestOptions,
): { timeout: number; signal: AbortSignal | undefined } {
  checkOptions(options, REQUEST);
  checkNumbers(options, { timeout: [0, MAX_DELAY] });
  return { timeout: options.timeout ?? DEFAULT_TIMEOUT, signal: options.signal };
}
