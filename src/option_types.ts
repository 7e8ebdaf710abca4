/**
 * Checks the names and types of options: a misspelt one would have no effect, and one of the wrong
 * type would fail at the first client.
 *
 * @module
 */

import { typeName } from "./bytes/outgoing.ts";
import { GoerError } from "./errors.ts";
import { describeValue, invalidOption } from "./numbers.ts";
import { suggestion } from "./suggestion.ts";

/**
 * The expected type of an option, in words, and its check. With `shown`, errors show the value: those of
 * other options may be secret.
 */
export type OptionType = readonly [
  expected: string,
  check: (value: unknown) => boolean,
  shown?: boolean,
];

/** A number. `checkNumbers` checks its value. */
export const NUMBER: OptionType = ["a number", (value) => typeof value === "number", true];
/** A function. */
export const FUNCTION: OptionType = ["a function", (value) => typeof value === "function"];
/** A string. */
export const TEXT: OptionType = ["a string", (value) => typeof value === "string"];
/** True or false. */
export const BOOLEAN: OptionType = ["a boolean", (value) => typeof value === "boolean"];
/** Any value. */
export const ANY: OptionType = ["anything", () => true];
/** An object, for example with options of its own. */
export const OBJECT: OptionType = ["an object", isObject];
/** What stops an operation. */
export const SIGNAL: OptionType = ["an AbortSignal", (value) => value instanceof AbortSignal];
/** On, off, or an object with options. */
export const SWITCH: OptionType = [
  "a boolean or an object",
  (value) => typeof value === "boolean" || isObject(value),
];

/** One of a few values. */
export function choice(expected: string, values: readonly unknown[]): OptionType {
  return [expected, (value) => values.includes(value), true];
}

/** All options that a function takes. */
export interface OptionSet {
  /** The owner of the options: `"a service"`. */
  of: string;
  types: Readonly<Record<string, OptionType>>;
  /** The prefix of their names: `"compression."`. */
  prefix?: string;
  /** Former names and their replacements: `{ user: "runAs: { user }" }`. */
  renamed?: Readonly<Record<string, string>>;
  /** A hint for unknown names. */
  hint?: string;
  /** Options that exist elsewhere, and why they have no effect here. */
  useless?: { readonly types: Readonly<Record<string, OptionType>>; readonly reason: string };
}

/** Checks the names and types of options. `undefined` means the default. */
export function checkOptions(options: unknown, set: OptionSet): void {
  const { of, types, prefix = "" } = set;
  if (!isObject(options)) {
    const given = typeName(options);
    if (prefix !== "") throw invalidOption(prefix.slice(0, -1), OBJECT[0], given);
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      `Invalid options of ${of}: expected an object, got ${given}`,
    );
  }
  // Without creating a list of names: `send` checks its options for each message.
  for (const name in options as object) {
    if (!Object.hasOwn(types, name)) throw unknownOption(name, set);
    const value = (options as Record<string, unknown>)[name];
    const [expected, check, shown] = types[name];
    if (value === undefined || check(value)) continue;
    throw invalidOption(prefix + name, expected, shown ? describeValue(value) : typeName(value));
  }
}

function unknownOption(name: string, set: OptionSet): GoerError {
  const { of, types, prefix = "", renamed = {}, hint, useless } = set;
  if (useless !== undefined && Object.hasOwn(useless.types, name)) {
    const message = `Cannot use the option "${name}" with ${of}: ${useless.reason}`;
    return new GoerError("GOER_INVALID_ARGUMENT", message, { option: name });
  }
  const known = Object.keys(types);
  const advice = Object.hasOwn(renamed, name)
    ? `: write ${renamed[name]} instead`
    : suggestion(name, known) || hint || `. The options are ${known.join(", ")}`;
  const option = prefix + name;
  const message = `Unknown option "${option}" of ${of}${advice}`;
  return new GoerError("GOER_INVALID_ARGUMENT", message, { option });
}

/** Checks nested options, if they are objects: `compression.level`. */
export function checkNestedOptions<Options extends object>(
  options: Options,
  nested: { readonly [Name in keyof Options]?: OptionSet["types"] },
  set: Pick<OptionSet, "of">,
): void {
  for (const name of Object.keys(nested) as (keyof Options & string)[]) {
    const types = nested[name];
    if (types === undefined || !isObject(options[name])) continue;
    checkOptions(options[name], { ...set, types, prefix: `${name}.` });
  }
}

/** True for an object that is not an array. */
export function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for an object with all these methods. */
export function hasMethods(value: unknown, ...names: string[]): boolean {
  return isObject(value) &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}
