/**
 * Imports of Goer by name, on Node.
 *
 * @module
 */

import * as nodeModule from "node:module";

/** The hooks of {@link https://nodejs.org/api/module.html#customization-hooks module}. */
interface Hooks {
  /** Since Node 22.15. */
  registerHooks?(hooks: { resolve: Resolve }): void;
  register(url: string): void;
}

type Resolve = (
  name: string,
  context: unknown,
  next: (name: string, context: unknown) => object,
) => object;

/** Makes Node load the modules at these URLs by name. */
export function answerInNode(urls: Record<string, string>): void {
  const { registerHooks, register } = nodeModule as unknown as Hooks;
  if (registerHooks) {
    const resolve: Resolve = (name, context, next) =>
      Object.hasOwn(urls, name) ? { url: urls[name], shortCircuit: true } : next(name, context);
    return registerHooks({ resolve });
  }
  // Older versions run hooks in another thread, and load them from a module.
  register(`data:text/javascript,${
    encodeURIComponent(`const urls = ${JSON.stringify(urls)};
export const resolve = (name, context, next) =>
  Object.hasOwn(urls, name) ? { url: urls[name], shortCircuit: true } : next(name, context);`)
  }`);
}
