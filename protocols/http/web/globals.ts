/**
 * Replaces the globals `Request`, `Response` and `fetch`.
 *
 * @module
 */

import { LazyRequest } from "./lazy_request.ts";
import { LightResponse } from "./light_response.ts";
import { NativeRequest } from "./natives.ts";

/** True once the globals are replaced: then apps get a lazy `Request`. */
export let globalsOverridden = false;

/**
 * Replaces the globals of this process, once: `Response` by one that is sent without a stream,
 * `Request` and `fetch` by ones that accept a lazy request. Native objects remain instances of
 * them.
 */
export function overrideGlobals(): void {
  if (globalsOverridden) return;
  globalsOverridden = true;
  replace("Response", LightResponse);
  const request: typeof Request = new Proxy(NativeRequest, {
    construct: (native, values, target) =>
      Reflect.construct(
        native,
        values.map(LazyRequest.unwrap),
        target === request ? native : target,
      ),
  });
  replace("Request", request);
  replace(
    "fetch",
    new Proxy(fetch, {
      apply: (native, self, values) =>
        Reflect.apply(native, self, values.map((value) => LazyRequest.unwrap(value))),
    }),
  );
}

function replace(name: "Request" | "Response" | "fetch", value: unknown): void {
  const { enumerable } = Object.getOwnPropertyDescriptor(globalThis, name)!;
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable,
    writable: true,
    value,
  });
}
