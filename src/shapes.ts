/**
 * Checks of values that came from another process, as JSON: each field that is used has its type, each
 * text, list and number its bounds. Fields that nobody knows are left alone: another version may send them.
 *
 * @module
 */

/** Tells whether a value is one of the type. */
export type Shape<T> = (value: unknown) => value is T;

/** What a shape lets through. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** How long a text may be that is a name, a path or an address, in characters. */
const MAX_NAME_LENGTH = 4096;

/** How long a text may be that people read, in characters: an error with its stack. */
export const MAX_TEXT_LENGTH = 65_536;

/** How many entries a list or a map may have. */
const MAX_ENTRIES = 65_536;

/** True for an object that is no list. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Text of at most `longest` characters. */
export function text(longest: number): Shape<string> {
  return (value): value is string => typeof value === "string" && value.length <= longest;
}

/** A name, a path, or an address. */
export const name: Shape<string> = text(MAX_NAME_LENGTH);

/** Any finite number. */
export function number(value: unknown): value is number {
  return Number.isFinite(value);
}

/** A whole number within bounds. */
export function integer(least = 0, greatest: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return (value): value is number =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= greatest;
}

/** True or false. */
export function flag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** One of these. */
export function oneOf<const T extends string>(...values: T[]): Shape<T> {
  return (value): value is T => (values as unknown[]).includes(value);
}

/** It may be missing. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value): value is T | undefined => value === undefined || shape(value);
}

/** A list. */
export function listOf<T>(shape: Shape<T>, most: number = MAX_ENTRIES): Shape<T[]> {
  return (value): value is T[] =>
    Array.isArray(value) && value.length <= most && value.every(shape);
}

/** An object of any names. */
export function mapOf<T>(shape: Shape<T>): Shape<Record<string, T>> {
  return (value): value is Record<string, T> => {
    if (!isRecord(value)) return false;
    const entries = Object.entries(value);
    return entries.length <= MAX_ENTRIES &&
      entries.every(([key, one]) => name(key) && shape(one));
  };
}

/** An object of these fields. */
export function record<T extends object>(
  fields: { readonly [K in keyof T]-?: Shape<T[K]> },
): Shape<T> {
  const shapes = Object.entries(fields) as [string, Shape<unknown>][];
  return (value): value is T =>
    isRecord(value) &&
    shapes.every(([key, shape]) => shape(Object.hasOwn(value, key) ? value[key] : undefined));
}

/** An object whose field `type` says what else is in it. */
export function tagged<T extends { type: string }>(
  kinds: { readonly [K in T["type"]]: Shape<Omit<Extract<T, { type: K }>, "type">> },
): Shape<T> {
  return (value): value is T => {
    if (!isRecord(value) || typeof value.type !== "string") return false;
    if (!Object.hasOwn(kinds, value.type)) return false;
    return (kinds as Record<string, Shape<unknown>>)[value.type](value);
  };
}

/** The value that JSON text stands for; `undefined` where it is none, or has another shape. */
export function parseShaped<T>(json: string, shape: Shape<T>): T | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return shape(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
