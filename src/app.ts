/**
 * An application: the user's module and its services.
 *
 * @module
 */

import { typeName } from "./bytes/outgoing.ts";
import { GoerError } from "./errors.ts";
import { Goer } from "./goer.ts";
import { CHANGE_GOER, overrideAddress, refuseOverride } from "./listen_override.ts";
import { isNodeApp, type NodeService, nodeService, type NodeServiceOptions } from "./node_app.ts";
import { isObject } from "./option_types.ts";
import type { AnyProtocol } from "./schemes.ts";
import type { ServiceObject } from "./service_object.ts";
import { isWebApp, webService } from "./web_app.ts";

/** A service with any kind of messages. */
export type AnyGoer = Goer<string, AnyProtocol>;

/** Where services come from, for errors. */
export interface ServiceSource {
  /** The module or the function: `"app.ts"`. */
  name: string;
  /** Example code: `"export default { … }"`. */
  example: string;
}

/** The source of the services that a module exports. */
export function exportsOf(module: string): ServiceSource {
  const example = 'export default { listen: "text://127.0.0.1:8080", onMessage }';
  return { name: `the default export of ${module}`, example };
}

/** The source of the services that are passed to `runAll`. */
export const RUN_ALL: ServiceSource = {
  name: "the arguments of runAll",
  example: "await runAll(goer)",
};

/**
 * Creates services from what a program exports or runs.
 *
 * @param given A {@linkcode Goer}, a {@linkcode ServiceObject}, an app with `fetch`, or an array of these.
 * @throws {GoerError} `GOER_APP` if it is none of these; `GOER_INVALID_ARGUMENT` if an address or
 * an option is not valid.
 */
export function servicesOf(given: unknown, source: ServiceSource): (AnyGoer | NodeService)[] {
  const list = (Array.isArray(given) ? given : [given]).flat();
  if (list.length === 0 || given === undefined) {
    throw new GoerError(
      "GOER_APP",
      `Cannot find a service in ${source.name}: pass one, as in ${source.example}`,
    );
  }
  if (list.length > 1) refuseOverride(`the app has ${list.length} services`);
  return list.map((item) => serviceOf(item, source));
}

function serviceOf(item: unknown, { name, example }: ServiceSource): AnyGoer | NodeService {
  if (isGoer(item)) {
    refuseOverride(CHANGE_GOER);
    return item;
  }
  if (isServiceObject(item) && item.listen === null) refuseOverride("the service has no address");
  if (isNodeApp(item)) return nodeService(item);
  if (isNodeServiceObject(item)) {
    const { server, ...options } = item;
    return nodeService(server, options);
  }
  if (isServiceObject(item)) {
    const { listen, ...options } = item;
    return new Goer(listen === null ? null : overrideAddress(listen), options);
  }
  if (isWebApp(item)) return webService(item);
  const advice = typeof item === "function"
    ? "Say what the function is: export default { fetch: handler }, or http.createServer(handler)"
    : `For example: ${example}`;
  throw new GoerError(
    "GOER_APP",
    `Cannot use ${name}: expected a Goer, an object with an address in listen, an app with a method fetch ` +
      `(as Hono has), a server of node:http, an app of Express, Koa or Fastify, or an array of these, not ${
        typeName(item)
      }. ${advice}`,
  );
}

/** Apps of other frameworks can have a method `listen`. */
function isServiceObject(item: unknown): item is ServiceObject {
  return typeof item === "object" && item !== null && "listen" in item &&
    typeof item.listen !== "function";
}

/** `{ server: app }`, perhaps with an address and options. */
function isNodeServiceObject(
  item: unknown,
): item is NodeServiceOptions & { listen?: string; server: unknown } {
  return isObject(item) && isNodeApp((item as { server?: unknown }).server);
}

/** True for a service, even of another copy of this library, which the app may have installed. */
function isGoer(item: unknown): item is AnyGoer {
  if (item instanceof Goer) return true;
  const { address, listen } = (item ?? {}) as Partial<AnyGoer>;
  return typeof address === "string" && typeof listen === "function";
}
