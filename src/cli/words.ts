/**
 * Splits a command line into operands and options, as getopt does: `--workers=2`, `--workers 2`, `-w2`,
 * `-w=2`, `-w 2`, and several letters in one word, where the last can have a value: `-dw2`. What is after
 * `--` is not read.
 *
 * @module
 */

import { suggestion } from "../suggestion.ts";
import { OPTIONS } from "./options.ts";

/** A mistake on the command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the parser needs to know about an option. */
interface Flag {
  flag: string;
  short?: string;
  value?: string;
  repeatable?: boolean;
}

/** Options that help does not show. */
const HIDDEN: readonly Flag[] = [{ flag: "entry" }, { flag: "version", short: "v" }, {
  flag: "version",
  short: "V",
}];

const FLAGS: readonly Flag[] = [...Object.values(OPTIONS), ...HIDDEN];

/** A command line in its parts. */
export interface Words {
  /** The words that are not options, in order. */
  operands: string[];
  /** Options by their names without hyphens. An option without a value has `""`. */
  options: Map<string, string>;
  /** The words after `--`. */
  rest: string[];
}

/**
 * Splits a command line.
 *
 * @throws {UsageError} If an option is unknown or repeated, lacks its value, or has an unexpected one.
 */
export function readWords(words: readonly string[]): Words {
  const reader = new WordReader(words);
  reader.read();
  return reader;
}

class WordReader implements Words {
  readonly operands: string[] = [];
  readonly options = new Map<string, string>();
  readonly rest: string[] = [];
  readonly #words: string[];

  constructor(words: readonly string[]) {
    this.#words = [...words];
  }

  read(): void {
    for (let word = this.#next(); word !== undefined; word = this.#next()) {
      if (word === "--") this.rest.push(...this.#words.splice(0));
      else if (word.startsWith("--")) this.#long(word);
      else if (word.startsWith("-")) this.#short(word);
      else this.operands.push(word);
    }
  }

  #next(): string | undefined {
    return this.#words.shift();
  }

  /** `--workers=2` or `--workers 2` */
  #long(word: string): void {
    const [, name, value] = /^--([^=]*)(?:=([^]*))?$/.exec(word)!;
    const option = FLAGS.find(({ flag }) => flag === name);
    if (option === undefined) throw unknown(`--${name}`, name);
    this.#give(option, `--${name}`, value);
  }

  /** `-w2`, `-w=2`, `-w 2` or `-dw2` */
  #short(word: string): void {
    const letters = word.slice(1);
    for (let index = 0; index < letters.length; index++) {
      const letter = letters[index];
      const option = FLAGS.find(({ short }) => short === letter);
      if (option === undefined) {
        throw unknown(`-${letter}`, letters, letters.length > 1 ? ` in "${word}"` : "");
      }
      const rest = letters.slice(index + 1);
      if (option.value !== undefined) {
        return this.#give(option, `-${letter}`, rest === "" ? undefined : rest.replace(/^=/, ""));
      }
      if (rest.startsWith("=")) return this.#give(option, `-${letter}`, rest.slice(1));
      this.#give(option, `-${letter}`);
    }
    if (letters === "") throw unknown(word, letters);
  }

  #give(option: Flag, written: string, value?: string): void {
    const { flag, repeatable } = option;
    if (option.value === undefined) {
      if (value === undefined) return void this.options.set(flag, "");
      throw new UsageError(
        `${written} does not take a value, got "${value}": leave the option out to turn it off`,
      );
    }
    const given = value ?? this.#valueOf(written);
    if (given === "") throw new UsageError(`${written} needs a value`);
    const before = this.options.get(flag);
    if (before === undefined) this.options.set(flag, given);
    else if (repeatable) this.options.set(flag, `${before},${given}`);
    else throw new UsageError(`--${flag} is given twice: "${before}" and "${given}"`);
  }

  #valueOf(written: string): string {
    const word = this.#next() ?? "";
    if (!word.startsWith("-")) return word;
    throw new UsageError(
      `${written} needs a value: if the value is "${word}", write ${written}=${word}`,
    );
  }
}

function unknown(written: string, name: string, place = ""): UsageError {
  const flags = Object.values(OPTIONS).map(({ flag }) => flag);
  return new UsageError(`Unknown option "${written}"${place}${suggestion(name, flags, "--")}`);
}
