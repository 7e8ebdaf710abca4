/**
 * The apps of a project: the field `goer` of `deno.json` or `package.json`, or the default export of
 * `goer.config.ts`, in the current directory.
 *
 * @module
 */

import { parse as parseJsonc } from "@std/jsonc";
import { fileExists, joinPath, pathToFileURL, readText } from "../runtime/files/file_system.ts";
import { mayRead } from "../runtime/process/environment.ts";
import { suggestion } from "../suggestion.ts";
import { UsageError } from "./words.ts";

/** An app of a project, with the options of its start. The command line wins over them. */
export interface ProjectApp {
  /** The app's module, relative to the file. */
  app: string;
  /** How many workers, or `"auto"`. */
  workers?: number | "auto";
  /** Where the app listens, as with `--listen`. */
  listen?: string;
  /** Variables for the app. They win over those of files, and the real environment wins over them. */
  env?: Record<string, string>;
  /** Files with variables for the app, as with `--env-file`, relative to the current directory. */
  envFile?: string | string[];
  /** The arguments of the app, as after `--`. */
  args?: string[];
  /** Where the admin listener listens, as with `--admin`. */
  admin?: string;
  /** The log file, as with `--log-file`. */
  logFile?: string;
}

/** The apps of a project by name. A project that describes only one app has it under `""`. */
export interface Project {
  /** The file that describes them, for errors. */
  file: string;
  apps: Map<string, ProjectApp>;
}

/** Files that are modules. */
const MODULES = ["goer.config.ts", "goer.config.js", "goer.config.mjs"];

/** Files with a field `goer`. */
const SETTINGS = ["deno.json", "deno.jsonc", "package.json"];

/** What an app of a project can be called. */
export const APP_NAME = /^[A-Za-z0-9_-]+$/;

/** A check of a value, and what it expects, for errors. */
type Check = [expected: string, accepts: (value: unknown) => boolean];

const TEXT: Check = ["text", isText];

const KEYS: Record<keyof ProjectApp, Check> = {
  app: ["the path of a module", isText],
  workers: [
    'a whole number from 1 to 1024, or "auto"',
    (value) =>
      value === "auto" || Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1024,
  ],
  listen: TEXT,
  env: [
    "an object whose values are text",
    (value) => isObject(value) && areTexts(Object.values(value)),
  ],
  envFile: ["a path or a list of paths", (value) => isText(value) || areTexts(value)],
  args: ["a list of texts", areTexts],
  admin: TEXT,
  logFile: TEXT,
};

/**
 * Finds the project in a folder.
 *
 * @returns `undefined` if the folder has none.
 * @throws {UsageError} If there are two, or one is not valid. It quotes unknown keys.
 */
export async function findProject(folder: string): Promise<Project | undefined> {
  const found: [file: string, value: unknown][] = [];
  for (const name of SETTINGS) {
    const file = joinPath(folder, name);
    const value = settingsIn(file);
    if (value !== undefined) found.push([`"goer" in ${file}`, value]);
  }
  for (const name of MODULES) {
    const file = joinPath(folder, name);
    if (!mayRead(file) || !fileExists(file)) continue;
    const module = await import(pathToFileURL(file).href).catch((error) => {
      throw new UsageError(`Cannot load ${file}: ${error.message}`);
    });
    found.push([file, module.default]);
  }
  const [first, second] = found;
  if (first === undefined) return undefined;
  if (second !== undefined) {
    throw new UsageError(
      `Two files describe the apps of this project: ${first[0]} and ${second[0]}`,
    );
  }
  return readProject(...first);
}

/** The field `goer` of a file. Files without it may be invalid in any way. */
function settingsIn(file: string): unknown {
  const text = mayRead(file) ? readText(file) : undefined;
  if (!text?.includes('"goer"')) return undefined;
  try {
    const settings: unknown = parseJsonc(text);
    return isObject(settings) ? settings.goer : undefined;
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${(error as Error).message}`);
  }
}

/**
 * Checks a description of one app, or of several in `apps`.
 *
 * @param file Where it comes from, for errors.
 * @throws {UsageError} If it is not valid.
 */
export function readProject(file: string, value: unknown): Project {
  const apps = new Map<string, ProjectApp>();
  if (!isObject(value)) {
    throw new UsageError(`${file} must be an object, as in { "app": "app.ts" }`);
  }
  if (!("apps" in value)) return { file, apps: apps.set("", readApp(file, value, ["apps"])) };
  const { apps: described, ...others } = value;
  const [key] = Object.keys(others);
  if (key !== undefined) {
    throw new UsageError(`Unknown key "${key}" next to "apps" in ${file}: write it in each app`);
  }
  if (!isObject(described) || Object.keys(described).length === 0) {
    throw new UsageError(
      `"apps" of ${file} must be an object, as in { "shop": { "app": "shop.ts" } }`,
    );
  }
  for (const [name, app] of Object.entries(described)) {
    const place = `"${name}" of ${file}`;
    if (!APP_NAME.test(name)) {
      throw new UsageError(`Cannot use the name ${place}: use letters, digits, - and _`);
    }
    if (!isObject(app)) {
      throw new UsageError(`${place} must be an object, as in { "app": "app.ts" }`);
    }
    apps.set(name, readApp(place, app));
  }
  return { file, apps };
}

function readApp(place: string, value: Record<string, unknown>, more: string[] = []): ProjectApp {
  for (const [key, given] of Object.entries(value)) {
    if (!Object.hasOwn(KEYS, key)) {
      throw new UsageError(
        `Unknown key "${key}" in ${place}${suggestion(key, [...Object.keys(KEYS), ...more])}`,
      );
    }
    const [expected, accepts] = KEYS[key as keyof ProjectApp];
    if (!accepts(given)) {
      throw new UsageError(
        `Invalid "${key}" in ${place}: expected ${expected}, got ${JSON.stringify(given)}`,
      );
    }
  }
  if (value.app === undefined) throw new UsageError(`Missing "app" in ${place}: the app's module`);
  return value as unknown as ProjectApp;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
