/**
 * The one check of what options are called, and what they are: one that is misspelt would do nothing, and
 * one of another type would fail at the first client.
 *
 * @module
 */

import { typeName } from "./bytes/outgoing.ts";
import { GoerError } from "./errors.ts";
import { describeValue, invalidOption } from "./numbers.ts";
import { suggestion } from "./suggestion.ts";

/** What an option has to be, in words, and whether a value is that. */
export type OptionType = readonly [expected: string, check: (value: unknown) => boolean];

/** A number: `checkNumbers` says which. */
export const NUMBER: OptionType = ["a number", (value) => typeof value === "number"];
/** A function. */
export const FUNCTION: OptionType = ["a function", (value) => typeof value === "function"];
/** Text. */
export const TEXT: OptionType = ["a string", (value) => typeof value === "string"];
/** True or false. */
export const BOOLEAN: OptionType = ["a boolean", (value) => typeof value === "boolean"];
/** Any value. */
export const ANY: OptionType = ["anything", () => true];
/** An object with options of its own, for example. */
export const OBJECT: OptionType = ["an object", isObject];
/** On, off, or an object that says how. */
export const SWITCH: OptionType = [
  "a boolean or an object",
  (value) => typeof value === "boolean" || isObject(value),
];

/** All options that a function takes. */
export interface OptionSet {
  /** What takes them: `"a service"`. */
  of: string;
  types: Readonly<Record<string, OptionType>>;
  /** What stands before their names: `"compression."`. */
  prefix?: string;
  /** Names from before, with what to write now: `{ user: "runAs: { user }" }`. */
  renamed?: Readonly<Record<string, string>>;
  /** What else to say of a name that is not known. */
  hint?: string;
}

/** Checks the names and types of options. `undefined` stands for a default. */
export function checkOptions(options: unknown, set: OptionSet): void {
  const { of, types, prefix = "" } = set;
  if (!isObject(options)) {
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      `Invalid options of ${of}: expected an object, got ${typeName(options)}`,
    );
  }
  // Without a list of names: `send` checks its options for each message.
  for (const name in options as object) {
    if (!Object.hasOwn(types, name)) throw unknownOption(name, set);
    const value = (options as Record<string, unknown>)[name];
    const [expected, check] = types[name];
    if (value === undefined || check(value)) continue;
    // Of other options no value is shown: it may be secret.
    const given = types[name] === NUMBER ? describeValue(value) : typeName(value);
    throw invalidOption(prefix + name, expected, given);
  }
}

function unknownOption(name: string, set: OptionSet): GoerError {
  const { of, types, prefix = "", renamed = {}, hint } = set;
  const known = Object.keys(types);
  const advice = Object.hasOwn(renamed, name)
    ? `: write ${renamed[name]} instead`
    : suggestion(name, known) || hint || `. The options are ${known.join(", ")}`;
  const option = prefix + name;
  const message = `Unknown option "${option}" of ${of}${advice}`;
  return new GoerError("GOER_INVALID_ARGUMENT", message, { option });
}

/** Checks the options of options, where those are objects: `compression.level`. */
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

/** True for an object that is no array. */
export function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for an object with all these methods. */
export function hasMethods(value: unknown, ...names: string[]): boolean {
  return isObject(value) &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}
