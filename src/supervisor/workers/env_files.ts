/**
 * The variables that an app gets from `.env` or the files of `--env-file`. Runtimes read such files in
 * different ways, so Goer does it itself.
 *
 * @module
 */

import dotenv from "dotenv";
import { GoerError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { isFolder, joinPath, readText } from "../../runtime/files/file_system.ts";
import { mayRead } from "../../runtime/process/environment.ts";
import { currentDirectory } from "../../runtime/process/process.ts";
import { describeError } from "../ipc/describe_error.ts";

/** The file that is read without being named: in the directory from which the app was started. */
const DEFAULT_FILE = ".env";

/** The variables of an app's files. They are read again whenever the app is loaded. */
export class EnvFiles {
  readonly #named: readonly string[];
  readonly #default: string;
  readonly #more: Record<string, string>;
  #variables: Record<string, string> | undefined;

  /**
   * @param named The paths of `--env-file`.
   * @param more Variables that win over those of files.
   */
  constructor(named: readonly string[], more: Record<string, string> = {}) {
    this.#named = named;
    this.#more = more;
    this.#default = joinPath(currentDirectory(), DEFAULT_FILE);
  }

  /** Their paths. `.env` may not exist. */
  get paths(): readonly string[] {
    return this.#named.length > 0 ? this.#named : [this.#default];
  }

  /**
   * Reads the files. If that fails, the variables of the last time remain.
   *
   * @throws {GoerError} `GOER_INVALID_ARGUMENT` if a file cannot be read, or a line of it is not valid.
   */
  read(): void {
    const files = this.#texts().map(([path, text]) => parseEnvFile(text, path));
    this.#variables = Object.assign({}, ...files);
  }

  /** The variables that were read last. After an upgrade, this reads them. */
  variables(log: Log): Record<string, string> {
    try {
      if (this.#variables === undefined) this.read();
    } catch (error) {
      log.write("error", `workers start without a file of variables: ${describeError(error)}`);
    }
    return { ...this.#variables, ...this.#more };
  }

  #texts(): [path: string, text: string][] {
    if (this.#named.length > 0) return this.#named.map((path) => [path, readNamed(path)]);
    // Without this permission, Deno would ask for it. Some tools for Python have a folder of this name.
    if (!mayRead(this.#default) || isFolder(this.#default)) return [];
    const text = readOptional(this.#default, this.#default);
    return text === undefined ? [] : [[this.#default, text]];
  }
}

function readNamed(path: string): string {
  const name = `--env-file ${path}`;
  return readOptional(path, name) ?? refuse(name, "it does not exist");
}

function readOptional(path: string, name: string): string | undefined {
  try {
    return readText(path);
  } catch (error) {
    return refuse(name, (error as Error).message);
  }
}

function refuse(name: string, reason: string): never {
  throw new GoerError("GOER_INVALID_ARGUMENT", `Cannot read ${name}: ${reason}`, {
    option: "env-file",
  });
}

/** `NAME=`, or `NAME: ` as in YAML, and then the value. */
const ASSIGNMENT = /^\s*(?:export\s+)?[\w.-]+(?:\s*=|:\s)\s*(?<value>.*)$/;

/**
 * Parses a file of variables, as the library dotenv does, which skips what it does not understand.
 *
 * @param path The file, for errors.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if a line is not valid. The error does not quote it, because
 * it may contain a password.
 */
export function parseEnvFile(text: string, path: string): Record<string, string> {
  const source = text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n");
  const lines = source.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const fail = (expected: string): never => {
      throw new GoerError(
        "GOER_INVALID_ARGUMENT",
        `Cannot read ${path}, line ${index + 1}: expected ${expected}`,
      );
    };
    const line = lines[index];
    if (line.includes("\0")) fail("text, found a zero byte");
    if (/^\s*(#|$)/.test(line)) continue;
    const { value } = ASSIGNMENT.exec(line)?.groups ?? fail("NAME=value, or a comment after #");
    const [quote] = /^["'`]/.exec(value) ?? [];
    if (quote === undefined) continue;
    const end = lineOfEnd(lines, index, value, quote);
    index = end ?? fail(`a closing ${quote} in this line or a later one`);
  }
  return dotenv.parse(source);
}

/** The line in which a quoted value ends; `undefined` if it has no end. */
function lineOfEnd(
  lines: readonly string[],
  first: number,
  value: string,
  quote: string,
): number | undefined {
  for (let index = first; index < lines.length; index++) {
    const text = index === first ? value.slice(1) : lines[index];
    if (text.replaceAll(`\\${quote}`, "").includes(quote)) return index;
  }
}
