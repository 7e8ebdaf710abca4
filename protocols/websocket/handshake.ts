/**
 * The opening handshake (RFC 6455 section 4): the server's response, and the key that a client
 * checks.
 *
 * @module
 */

import { typeName } from "../../src/bytes/outgoing.ts";
import { whenSettled } from "../../src/promises.ts";
import { sha1Base64 } from "../../src/runtime/bytes/digest.ts";
import { hasMember, trimmed } from "../http/lists.ts";
import type { HttpRequest } from "../http/mod.ts";
import { type Agreement, negotiateExtensions } from "./extension.ts";
import { areSubprotocols, checkExtraFields } from "./handshake_fields.ts";
import type { UpgradeDecision } from "./options.ts";
import type { WebSocketSettings } from "./settings.ts";

/** Appended to the key (RFC 6455 section 1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Sixteen bytes in base64. */
const KEY_REGEXP = /^[+/0-9A-Za-z]{21}[AQgw]==$/;

/** The most subprotocols of an offer. Clients offer a few. */
const MAX_SUBPROTOCOLS = 64;

/** A refused request: an ordinary HTTP response. */
export interface Refusal {
  /** The status. */
  status: number;
  /** Header fields. */
  headers: Record<string, string>;
  /** The text. */
  body: string;
}

/** The request is accepted: `101 Switching Protocols`. */
export interface Acceptance {
  status: 101;
  /** Header fields. */
  headers: Record<string, string>;
  /** The subprotocol; `""` for none. */
  subprotocol: string;
  /** The subprotocols that the client has offered. */
  offered: readonly string[];
  /** The negotiated permessage-deflate parameters; undefined if not negotiated. */
  agreement: Agreement | undefined;
}

/**
 * The `Sec-WebSocket-Accept` value for `key`.
 *
 * @param key The client's `Sec-WebSocket-Key`.
 * @returns The value.
 */
export function acceptKey(key: string): string {
  return sha1Base64(key + GUID);
}

/**
 * The response to a request, before the application has decided.
 *
 * @param request The request.
 * @param settings The options of the service.
 * @returns The response.
 */
export function respondToUpgrade(
  request: Pick<HttpRequest, "method" | "version" | "headers" | "hasBody">,
  settings: WebSocketSettings,
): Refusal | Acceptance {
  const { headers } = request;
  if (request.method !== "GET") {
    return refusal(405, "A WebSocket handshake must use GET", { Allow: "GET" });
  }
  // RFC 9110 section 7.8: Upgrade is ignored in HTTP/1.0.
  if (
    request.version === "1.0" || !hasMember(headers.get("upgrade"), "websocket") ||
    !hasMember(headers.get("connection"), "upgrade")
  ) {
    return refusal(426, "This address only serves WebSocket", { Upgrade: "websocket" });
  }
  if (headers.get("sec-websocket-version") !== "13") {
    return refusal(426, "This service supports WebSocket version 13", {
      "Sec-WebSocket-Version": "13",
    });
  }
  // Otherwise, the body would be parsed as frames.
  if (request.hasBody) return refusal(400, "A WebSocket handshake must not have a body");
  const key = headers.get("sec-websocket-key");
  if (!key || !KEY_REGEXP.test(key)) return refusal(400, "Sec-WebSocket-Key is not valid");
  const offered = parseSubprotocols(headers.get("sec-websocket-protocol"));
  if (offered === undefined) return refusal(400, "Sec-WebSocket-Protocol is not valid");
  const extensions = headers.get("sec-websocket-extensions");
  const extension = extensions ? negotiateExtensions(extensions, settings.compression) : {};
  if (extension === undefined) return refusal(400, "Sec-WebSocket-Extensions is not valid");
  const acceptance: Acceptance = {
    status: 101,
    headers: { Upgrade: "websocket", "Sec-WebSocket-Accept": acceptKey(key) },
    subprotocol: offered.find((name) => settings.subprotocols.includes(name)) ?? "",
    offered,
    agreement: extension.agreement,
  };
  if (extension.header) acceptance.headers["Sec-WebSocket-Extensions"] = extension.header;
  return acceptance;
}

/**
 * Checks whether pages of an origin may connect.
 *
 * @param origin The `Origin` of the request; `null` if it has none.
 * @param origins The option `origins`.
 * @returns The refusal, or undefined to accept. A promise if the application returned one.
 * @throws {TypeError} If the application does not return a boolean.
 */
export function refuseOrigin(
  origin: string | null,
  origins: WebSocketSettings["origins"],
): Refusal | undefined | Promise<Refusal | undefined> {
  if (origins === undefined || origin === null) return undefined;
  if (typeof origins === "string") return unlessAllowed(origins === origin);
  if (typeof origins !== "function") return unlessAllowed(origins.includes(origin));
  return whenSettled<unknown, Refusal | undefined>(origins(origin), unlessAllowed);
}

function unlessAllowed(allowed: unknown): Refusal | undefined {
  if (allowed === true) return undefined;
  if (allowed === false) return refusal(403, "This origin is not allowed to connect");
  throw new TypeError(
    `Cannot admit an origin: origins must return a boolean, not ${typeName(allowed)}`,
  );
}

/**
 * Applies the application's decision to the response.
 *
 * @param acceptance The response so far.
 * @param decision The value that `onUpgrade` has returned.
 * @returns The response.
 * @throws {TypeError} If the value is not a decision.
 * @throws {RangeError} If the status cannot refuse a request, or the subprotocol was not offered.
 */
export function applyDecision(acceptance: Acceptance, decision: unknown): Refusal | Acceptance {
  if (decision === undefined) return accept(acceptance, acceptance.subprotocol);
  checkDecision(decision);
  const { status = 101, body = "" } = decision;
  const headers = checkExtraFields(decision.headers);
  if (status !== 101) {
    if (!Number.isInteger(status) || status < 300 || status > 599) {
      throw new RangeError(
        `Cannot refuse the upgrade: the status must be from 300 to 599: ${status}`,
      );
    }
    return refusal(status, body, headers);
  }
  if (decision.body !== undefined) {
    throw new TypeError(
      "onUpgrade returned a body without a status that refuses: add a status from 300 to 599, or remove the body",
    );
  }
  const { subprotocol = acceptance.subprotocol } = decision;
  if (subprotocol !== "" && !acceptance.offered.includes(subprotocol)) {
    throw new RangeError(
      `Cannot accept the upgrade: the client has not offered the subprotocol ${subprotocol}`,
    );
  }
  return accept(acceptance, subprotocol, headers);
}

function accept(
  acceptance: Acceptance,
  subprotocol: string,
  more: Record<string, string> = {},
): Acceptance {
  const headers = { ...acceptance.headers, ...more };
  if (subprotocol !== "") headers["Sec-WebSocket-Protocol"] = subprotocol;
  return { ...acceptance, headers, subprotocol };
}

/** The fields of a decision, and their types. */
const DECISION_TYPES: Readonly<Record<keyof UpgradeDecision, string>> = {
  status: "number",
  headers: "object",
  body: "string",
  subprotocol: "string",
};

/**
 * Refuses anything that is not clearly a decision: `{ statusCode: 403 }` must not accept a client.
 */
function checkDecision(decision: unknown): asserts decision is UpgradeDecision {
  if (!isPlainObject(decision)) {
    throw new TypeError(
      `onUpgrade must return nothing or { status, headers, body, subprotocol }, not ${
        typeName(decision)
      }`,
    );
  }
  for (const [name, value] of Object.entries(decision)) {
    if (!Object.hasOwn(DECISION_TYPES, name)) {
      throw new TypeError(
        `onUpgrade returned an unknown field: ${name}. The fields are status, headers, body and subprotocol`,
      );
    }
    const type = DECISION_TYPES[name as keyof UpgradeDecision];
    if (value === undefined || typeof value === type && value !== null) continue;
    throw new TypeError(`onUpgrade must return a ${name} of type ${type}, not ${typeName(value)}`);
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refusal(status: number, body: string, headers: Record<string, string> = {}): Refusal {
  return { status, headers, body };
}

/** The offered subprotocols; undefined if they are too many or malformed (section 4.1). */
function parseSubprotocols(value: string | null | undefined): string[] | undefined {
  if (value === null || value === undefined) return [];
  const names = value.split(",", MAX_SUBPROTOCOLS + 1).map(trimmed);
  return names.length <= MAX_SUBPROTOCOLS && areSubprotocols(names) ? names : undefined;
}
