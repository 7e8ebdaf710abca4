/**
 * Writes a log line for every response.
 *
 * @module
 */

import { watchPromise } from "../../src/calls.ts";
import { hostOf } from "../../src/clients/host_port.ts";
import type { Connection } from "../../src/protocol/connection.ts";
import { printable } from "../../src/printable.ts";
import { isPromiseLike } from "../../src/promises.ts";
import type { SessionContext } from "../../src/protocol/protocol.ts";
import type { AccessLogOptions } from "./options.ts";
import type { HttpRequest } from "./request.ts";

/** The data of a line. */
export interface AccessLogEntry {
  /** The request; `undefined` if it could not be read. */
  readonly request: HttpRequest | undefined;
  /** The connection's context, for errors. */
  readonly context: Pick<SessionContext<never, never>, "handlerFailed"> & {
    readonly connection: Pick<Connection<never>, "remoteAddress" | "proxyAddress">;
    readonly trustedProxies?: unknown;
  };
  /** The status of the response. */
  readonly status: number;
  /** Bytes of the response's body. */
  readonly size: number;
  /** From the start of the request to the end of the response, in ms. */
  readonly duration: number;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Writes the line of one response. */
export function logResponse(entry: AccessLogEntry, options: AccessLogOptions): void {
  const { format = "combined" } = options;
  const line = format === "json" ? jsonLine(entry) : textLine(entry, format === "combined");
  if (options.write === undefined) return console.log(line);
  try {
    const result = options.write(line);
    if (isPromiseLike(result)) {
      watchPromise(result, (thrown) => entry.context.handlerFailed("accessLog.write", thrown));
    }
  } catch (thrown) {
    // `send` has not returned yet, and a failure ends the connection.
    queueMicrotask(() => entry.context.handlerFailed("accessLog.write", thrown));
  }
}

/**
 * The client of a request, or the peer of the connection if the request could not be read: before
 * that, the connection has the client of an earlier request.
 */
function clientAddress({ request, context: { connection, trustedProxies } }: AccessLogEntry) {
  const isEarlier = request === undefined && trustedProxies !== undefined;
  return isEarlier ? connection.proxyAddress ?? connection.remoteAddress : connection.remoteAddress;
}

function jsonLine(entry: AccessLogEntry): string {
  const { request, status, size, duration } = entry;
  // JSON escapes only some control characters.
  return printable(JSON.stringify({
    time: new Date().toISOString(),
    remoteAddress: clientAddress(entry),
    method: request?.method,
    target: request?.target,
    version: request?.version,
    status,
    size,
    duration,
    referer: request?.headers.get("referer") ?? undefined,
    userAgent: request?.headers.get("user-agent") ?? undefined,
  }));
}

/**
 * `host - - [time] "request" status size`, for the combined format followed by `"referer" "user
 * agent"`.
 */
function textLine(entry: AccessLogEntry, combined: boolean): string {
  const { request, status, size } = entry;
  const host = hostOf(clientAddress(entry));
  const line = request === undefined
    ? "-"
    : `${request.method} ${request.target} HTTP/${request.version}`;
  let text = `${host} - - [${logTime(new Date())}] "${escaped(line)}" ${status} ${size || "-"}`;
  if (combined) {
    for (const name of ["referer", "user-agent"]) {
      text += ` "${escaped(request?.headers.get(name) ?? "-")}"`;
    }
  }
  return text;
}

/** Characters that would end a field or the line, or are not ASCII. */
const UNSAFE_REGEXP = /["\\]|[^ -~]/;

/** The escaped form of each character up to 255. A head contains no others. */
const ESCAPED = Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  return UNSAFE_REGEXP.test(character) ? `\\x${code.toString(16).padStart(2, "0")}` : character;
});

/** Escapes a client's text, so that it cannot end a field or the line. */
function escaped(text: string): string {
  if (!UNSAFE_REGEXP.test(text)) return text;
  let result = "";
  for (let index = 0; index < text.length; index++) result += ESCAPED[text.charCodeAt(index)];
  return result;
}

/** `10/Oct/2000:13:55:36 +0000` */
function logTime(time: Date): string {
  const iso = time.toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[time.getUTCMonth()]}/${iso.slice(0, 4)}:` +
    `${iso.slice(11, 19)} +0000`;
}
