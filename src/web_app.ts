/**
 * Apps of the web's form: an object with `fetch`, as Hono, `deno serve` and Bun have it.
 *
 * @module
 */

import type { FetchApp, FetchHandler, FetchInfo } from "../protocols/http/mod.ts";
import { GoerError } from "./errors.ts";
import { Goer, type GoerOptions } from "./goer.ts";
import { overrideAddress } from "./listen_override.ts";
import { checkNumber, describeValue, invalidOption } from "./numbers.ts";
import { checkOptions, FUNCTION, isObject, type OptionType, TEXT } from "./option_types.ts";
import type { AnyProtocol } from "./schemes.ts";

/** Where an app listens that does not say it: the port of `deno serve`, but not open to the network. */
const DEFAULT_ADDRESS = { host: "127.0.0.1", port: 8000 };

/** The longest `idleTimeout` that Bun takes, in seconds. */
const MAX_IDLE_SECONDS = 255;

/** The fields of Bun's form that Goer serves by, beside `fetch`. */
interface BunFields {
  port?: number | string;
  hostname?: string;
  unix?: string;
  /** In seconds, as Bun has it. */
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

/** Fields of Bun's form and of `deno serve` that Goer does not serve by, and what to do. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  development: "Leave it out",
  ipv6Only: "Set hostname",
  onListen: "Leave it out: the log shows the address",
  reusePort: "Leave it out, and set workers",
  routes: "Choose by the path in fetch, or use a router such as Hono",
  static: "Choose by the path in fetch, or use a router such as Hono",
  websocket: "Use upgradeWebSocket from @goer/goer/hono, or createWebSocket",
};

/** Tells whether a value is an app of the web's form. */
export function isWebApp(value: unknown): value is FetchApp {
  return typeof (value as Partial<FetchApp> | null | undefined)?.fetch === "function";
}

/**
 * Makes a service of an app of the web's form. Of an instance of a class, such as an app of Hono, only
 * `fetch` counts. A plain object can have the fields of Bun's form, and Goer's own options.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if a field is unknown or not valid; `GOER_NOT_SUPPORTED`
 * if Goer does not serve by it.
 */
export function webService(app: FetchApp): Goer<string, AnyProtocol> {
  if (!isPlain(app)) return new Goer(overrideAddress(addressOf({}, false)), { fetch: app });
  refuseUnsupported(app);
  const { fetch: _, ...fields } = app as FetchApp & BunFields & GoerOptions;
  const { port, hostname, unix, idleTimeout, maxRequestBodySize, error, ...options } = fields;
  const given = { port, hostname, unix, idleTimeout, maxRequestBodySize, error };
  checkOptions(given, { of: "the default export", types: BUN_TYPES });
  checkNumber("idleTimeout", idleTimeout, [0, MAX_IDLE_SECONDS]);
  return new Goer(overrideAddress(addressOf(given, options.tls !== undefined)), {
    ...options,
    ...idleTimeout === undefined ? {} : { idleTimeout: idleTimeout * 1000 },
    fetch: error === undefined ? app : withErrorHandler(app, error),
    ...maxRequestBodySize === undefined ? {} : { maxPacketSize: maxRequestBodySize },
  });
}

/** True for an object literal, and for a module's namespace. */
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
  const { host } = DEFAULT_ADDRESS;
  const name = hostname ?? host;
  const shown = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return `${secure ? "https" : "http"}://${shown}:${port ?? DEFAULT_ADDRESS.port}`;
}

/** What `error` makes of what `fetch` throws, is the response. */
function withErrorHandler(app: FetchApp, error: NonNullable<BunFields["error"]>): FetchHandler {
  return async (request: Request, info: FetchInfo): Promise<Response> => {
    try {
      return await app.fetch(request, info);
    } catch (thrown) {
      return await error.call(app, thrown);
    }
  };
}
