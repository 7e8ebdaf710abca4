/**
 * Imports of Goer by its own name, in an app that has not installed it: the program that runs the app
 * answers them.
 *
 * @module
 */

import * as nodeModule from "node:module";
import type { BunGlobal } from "../bun/api.ts";

/** The name of the package, on JSR and on npm. */
export const PACKAGE_NAME = "@goer/goer";

/** A module of Goer: where it is, or what loads it where it is part of this program. */
export type OwnModule = string | (() => Promise<object>);

/**
 * Has this program's own modules answer imports of Goer. What the app has installed itself comes
 * first, unless the modules are part of this program. On Deno an import map does this.
 *
 * @param modules By the names under which the package exports them: `"."`, `"./protocols"`.
 * @param app The module that imports them.
 */
export function answerImports(modules: Record<string, OwnModule>, app: string): void {
  if ("Deno" in globalThis) return;
  const named: Record<string, OwnModule> = {};
  const installed = isInstalled(app);
  for (const [path, module] of Object.entries(modules)) {
    if (typeof module === "string" && installed) continue;
    named[PACKAGE_NAME + path.slice(1)] = module;
  }
  if ("Bun" in globalThis) answerInBun(named);
  else if (Object.keys(named).length > 0) answerInNode(named as Record<string, string>);
}

function isInstalled(app: string): boolean {
  try {
    nodeModule.createRequire(app).resolve(PACKAGE_NAME);
    return true;
  } catch {
    return false;
  }
}

function answerInBun(named: Record<string, OwnModule>): void {
  const { plugin } = (globalThis as unknown as { Bun: BunGlobal }).Bun;
  plugin({
    name: "goer",
    setup(build) {
      for (const [name, module] of Object.entries(named)) {
        build.module(name, async () => ({
          exports: await (typeof module === "string" ? import(module) : module()),
          loader: "object",
        }));
      }
    },
  });
}

/** The hooks of {@link https://nodejs.org/api/module.html#customization-hooks module}. */
interface Hooks {
  /** From Node 22.15 on. */
  registerHooks?(hooks: { resolve: Resolve }): void;
  register(url: string): void;
}

type Resolve = (
  name: string,
  context: unknown,
  next: (name: string, context: unknown) => object,
) => object;

function answerInNode(urls: Record<string, string>): void {
  const { registerHooks, register } = nodeModule as unknown as Hooks;
  if (registerHooks) {
    const resolve: Resolve = (name, context, next) =>
      Object.hasOwn(urls, name) ? { url: urls[name], shortCircuit: true } : next(name, context);
    return registerHooks({ resolve });
  }
  // Before that, hooks run in a thread of their own, from a module of their own.
  register(`data:text/javascript,${
    encodeURIComponent(`const urls = ${JSON.stringify(urls)};
export const resolve = (name, context, next) =>
  Object.hasOwn(urls, name) ? { url: urls[name], shortCircuit: true } : next(name, context);`)
  }`);
}
