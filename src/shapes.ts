/**
 * Checks values from another process, which were sent as JSON: each used field must have the right
 * type, and texts, lists and numbers have limits. Unknown fields are ignored, because another
 * version may send them.
 *
 * @module
 */

/** Checks whether a value has the type. */
export type Shape<T> = (value: unknown) => value is T;

/** The type that a shape checks. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** The longest name, path or address, in characters. */
const MAX_NAME_LENGTH = 4096;

/** The longest text for people, in characters: an error with its stack. */
export const MAX_TEXT_LENGTH = 65_536;

/** The most entries of a list or a map. */
const MAX_ENTRIES = 65_536;

/** True for an object that is not an array. */
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

/** A value that may be missing. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value): value is T | undefined => value === undefined || shape(value);
}

/** A list. */
export function listOf<T>(shape: Shape<T>, most: number = MAX_ENTRIES): Shape<T[]> {
  return (value): value is T[] =>
    Array.isArray(value) && value.length <= most && value.every(shape);
}

/** An object with any keys. */
export function mapOf<T>(shape: Shape<T>): Shape<Record<string, T>> {
  return (value): value is Record<string, T> => {
    if (!isRecord(value)) return false;
    const entries = Object.entries(value);
    return entries.length <= MAX_ENTRIES &&
      entries.every(([key, one]) => name(key) && shape(one));
  };
}

/** An object with these fields. */
export function record<T extends object>(
  fields: { readonly [K in keyof T]-?: Shape<T[K]> },
): Shape<T> {
  const shapes = Object.entries(fields) as [string, Shape<unknown>][];
  return (value): value is T =>
    isRecord(value) &&
    shapes.every(([key, shape]) => shape(Object.hasOwn(value, key) ? value[key] : undefined));
}

/** An object whose field `type` determines its other fields. */
export function tagged<T extends { type: string }>(
  kinds: { readonly [K in T["type"]]: Shape<Omit<Extract<T, { type: K }>, "type">> },
): Shape<T> {
  return (value): value is T => {
    if (!isRecord(value) || typeof value.type !== "string") return false;
    if (!Object.hasOwn(kinds, value.type)) return false;
    return (kinds as Record<string, Shape<unknown>>)[value.type](value);
  };
}

/** The value of a JSON text; `undefined` if the JSON is invalid or the value has another shape. */
export function parseShaped<T>(json: string, shape: Shape<T>): T | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return shape(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
