/**
 * Web apps: objects with `fetch`, as for Hono, `deno serve` and Bun.
 *
 * @module
 */

import type { FetchApp, FetchHandler, FetchInfo } from "../protocols/http/mod.ts";
import { DEFAULT_HOST } from "./address.ts";
import { GoerError } from "./errors.ts";
import { Goer, type GoerOptions } from "./goer.ts";
import { overrideAddress } from "./listen_override.ts";
import { checkNumber, describeValue, invalidOption } from "./numbers.ts";
import {
  checkOptions,
  FUNCTION,
  hasMethods,
  isObject,
  type OptionType,
  TEXT,
} from "./option_types.ts";
import { formatHostPort } from "./runtime/sockets/endpoint.ts";
import type { AnyProtocol } from "./schemes.ts";

/** The port of `deno serve`. */
const DEFAULT_PORT = 8000;

/** The default address, which is not open to the network. */
export const DEFAULT_ADDRESS: string = `http://${DEFAULT_HOST}:${DEFAULT_PORT}`;

/** Bun's longest `idleTimeout`, in seconds. */
const MAX_IDLE_SECONDS = 255;

/** The fields of Bun's format that Goer supports, besides `fetch`. */
interface BunFields {
  port?: number | string;
  hostname?: string;
  unix?: string;
  /** In seconds, as in Bun. */
  idleTimeout?: number;
  maxRequestBodySize?: number;
  error?: (this: unknown, error: unknown) => Response | Promise<Response>;
}

const PORT: OptionType = [
  "a port from 0 to 65535",
  (value) => /^\d{1,5}$/.test(String(value)) && Number(value) <= 65535,
];

const BUN_TYPES: Readonly<Record<keyof BunFields, OptionType>> = {
  port: PORT,
  hostname: TEXT,
  unix: TEXT,
  idleTimeout: ["a number of seconds", (value) => typeof value === "number"],
  maxRequestBodySize: ["a number of bytes", (value) => typeof value === "number"],
  error: FUNCTION,
};

/** Fields of Bun and `deno serve` that Goer does not support, and what to do instead. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  development: "Leave it out",
  ipv6Only: "Set hostname",
  onListen: "Leave it out: the log shows the address",
  reusePort: "Leave it out, and set workers",
  routes: "Choose by the path in fetch, or use a router such as Hono",
  static: "Choose by the path in fetch, or use a router such as Hono",
  websocket: "Use upgradeWebSocket from @goer/goer/hono, or createWebSocket",
};

/** Tells whether a value is a web app. */
export function isWebApp(value: unknown): value is FetchApp {
  const { fetch } = (value ?? {}) as Partial<FetchApp>;
  // `{ fetch: app }` instead of `{ fetch: app.fetch }`
  return typeof fetch === "function" || hasMethods(fetch, "fetch");
}

/**
 * Creates a service from a web app. For an instance of a class, such as a Hono app, only `fetch`
 * counts. A plain object can have the fields of Bun's format and Goer's own options.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if a field is unknown or not valid;
 * `GOER_NOT_SUPPORTED` if Goer does not support it.
 */
export function webService(app: FetchApp): Goer<string, AnyProtocol> {
  if (!isPlain(app)) return new Goer(overrideAddress(DEFAULT_ADDRESS), { fetch: app });
  refuseUnsupported(app);
  const { fetch, ...fields } = app as FetchApp & BunFields & GoerOptions;
  // A function is called as the method of its object.
  const handler = typeof fetch === "function" ? app : fetch as FetchApp;
  const { port, hostname, unix, idleTimeout, maxRequestBodySize, error, ...options } = fields;
  const given = { port, hostname, unix, idleTimeout, maxRequestBodySize, error };
  checkOptions(given, { of: "the default export", types: BUN_TYPES });
  checkNumber("idleTimeout", idleTimeout, [0, MAX_IDLE_SECONDS]);
  return new Goer(overrideAddress(addressOf(given, options.tls !== undefined)), {
    ...options,
    ...idleTimeout === undefined ? {} : { idleTimeout: idleTimeout * 1000 },
    fetch: error === undefined ? handler : withErrorHandler(handler, error),
    ...maxRequestBodySize === undefined ? {} : { maxPacketSize: maxRequestBodySize },
  });
}

/** True for an object literal and for a module's namespace. */
function isPlain(value: object): boolean {
  if (!isObject(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refuseUnsupported(app: object): void {
  for (const [name, advice] of Object.entries(UNSUPPORTED)) {
    if ((app as Record<string, unknown>)[name] === undefined) continue;
    throw new GoerError(
      "GOER_NOT_SUPPORTED",
      `Cannot serve the default export: Goer does not support its field "${name}". ${advice}`,
      { option: name },
    );
  }
}

function addressOf({ port, hostname, unix }: BunFields, secure: boolean): string {
  if (unix !== undefined) {
    if (port !== undefined || hostname !== undefined) {
      throw invalidOption("unix", "no port and no hostname beside it", describeValue(unix));
    }
    return `http+unix://${unix}`;
  }
  const [host, number] = [hostname ?? DEFAULT_HOST, port ?? DEFAULT_PORT];
  return `${secure ? "https" : "http"}://${formatHostPort(host, number)}`;
}

/** Responds with what `error` returns for an error of `fetch`. */
function withErrorHandler(app: FetchApp, error: NonNullable<BunFields["error"]>): FetchHandler {
  return async (request: Request, info: FetchInfo): Promise<Response> => {
    try {
      return await app.fetch(request, info);
    } catch (thrown) {
      return await error.call(app, thrown);
    }
  };
}
