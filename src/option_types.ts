/**
 * The one check of what options are called, and what they are: one that is misspelt would do nothing, and
 * one of another type would fail at the first client.
 *
 * @module
 */

import { typeName } from "./bytes/outgoing.ts";
import { givenNumber, invalidOption } from "./numbers.ts";
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
  /** What else to say of a name that is not known. */
  hint?: string;
  /** Makes the error. Default: a `GoerError` with `GOER_INVALID_ARGUMENT`. */
  fail?: (message: string) => Error;
}

/** Makes the error of an option that is of another type, for functions of protocols and timers. */
export function typeError(message: string): Error {
  return new TypeError(message);
}

/** Checks the names and types of options. `undefined` stands for a default. */
export function checkOptions(options: unknown, set: OptionSet): void {
  const { of, types, prefix = "", hint = "", fail = invalidOption } = set;
  if (!isObject(options)) {
    throw fail(
      `Cannot use the options of ${of}: they have to be an object, not ${typeName(options)}`,
    );
  }
  for (const [name, value] of Object.entries(options as object)) {
    if (!Object.hasOwn(types, name)) {
      const known = Object.keys(types);
      throw fail(
        `Cannot use the option ${prefix}${name}: ${of} takes none of that name` +
          (suggestion(name, known) || hint || `. There are ${known.join(", ")}`),
      );
    }
    const [expected, check] = types[name];
    if (value === undefined || check(value)) continue;
    // Of other options no value is shown: it may be secret.
    const given = types[name] === NUMBER ? givenNumber(value) : typeName(value);
    throw fail(`Cannot use the option ${prefix}${name}: it has to be ${expected}, not ${given}`);
  }
}

/** Checks the options of options, where those are objects: `compression.level`. */
export function checkNestedOptions<Options extends object>(
  options: Options,
  nested: { readonly [Name in keyof Options]?: OptionSet["types"] },
  set: Pick<OptionSet, "of" | "fail">,
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
