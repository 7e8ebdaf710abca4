/**
 * Takes a command line apart, as getopt does: `--workers=2`, `--workers 2`, `-w2`, `-w=2`, `-w 2`, and
 * letters in one word, of which the last may have a value: `-dw2`.
 *
 * @module
 */

import { suggestion } from "../suggestion.ts";
import { OPTIONS } from "./options.ts";

/** What is wrong with a command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the parser has to know of an option. */
interface Flag {
  flag: string;
  short?: string;
  value?: string;
  repeatable?: boolean;
}

/** Options that help does not show. */
const HIDDEN: readonly Flag[] = [{ flag: "entry" }, { flag: "version", short: "V" }];

const FLAGS: readonly Flag[] = [...Object.values(OPTIONS), ...HIDDEN];

/** A command line, taken apart. */
export interface Words {
  /** What is no option, in its order. */
  operands: string[];
  /** The options by their names without hyphens; of those without a value, the value is `""`. */
  options: Map<string, string>;
}

/**
 * Takes a command line apart.
 *
 * @throws {UsageError} If an option is not known, has no value, has one that it does not take, or
 * stands twice.
 */
export function readWords(words: readonly string[]): Words {
  const reader = new WordReader(words);
  reader.read();
  return reader;
}

class WordReader implements Words {
  readonly operands: string[] = [];
  readonly options = new Map<string, string>();
  readonly #words: string[];

  constructor(words: readonly string[]) {
    this.#words = [...words];
  }

  read(): void {
    for (let word = this.#next(); word !== undefined; word = this.#next()) {
      if (word === "--") this.operands.push(...this.#words.splice(0));
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
        throw unknown(letters.length > 1 ? `-${letter} in ${word}` : word, letters);
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
      throw new UsageError(`${written} takes no value, not ${value}: leave it out to turn it off`);
    }
    const given = value ?? this.#valueOf(written);
    if (given === "") throw new UsageError(`${written} has no value`);
    const before = this.options.get(flag);
    if (before === undefined) this.options.set(flag, given);
    else if (repeatable) this.options.set(flag, `${before},${given}`);
    else throw new UsageError(`--${flag} stands twice: ${before} and ${given}`);
  }

  #valueOf(written: string): string {
    const word = this.#next() ?? "";
    if (!word.startsWith("-")) return word;
    throw new UsageError(
      `${written} has no value: if it is ${word}, write ${written}=${word}`,
    );
  }
}

function unknown(written: string, name: string): UsageError {
  const flags = Object.values(OPTIONS).map(({ flag }) => flag);
  return new UsageError(`there is no option ${written}${suggestion(name, flags, "--")}`);
}
