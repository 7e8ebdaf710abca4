/**
 * The opening handshake (RFC 6455 section 4): what a server answers to a request, and what a client
 * makes of an answer.
 *
 * @module
 */

import { sha1Base64 } from "../../src/runtime/digest.ts";
import { type Agreement, answerExtensions } from "./extension.ts";
import type { UpgradeDecision, UpgradeRequest, WebSocketSettings } from "./options.ts";

/** What RFC 6455 section 1.3 appends to the key. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Sixteen bytes in base64. */
const KEY_REGEXP = /^[+/0-9A-Za-z]{21}[AQgw]==$/;
const TOKEN_REGEXP = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The request is refused: an ordinary answer of HTTP. */
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
  /** What was agreed on for permessage-deflate; undefined without. */
  agreement: Agreement | undefined;
}

/**
 * The answer to `key`.
 *
 * @param key The client's `Sec-WebSocket-Key`.
 * @returns The `Sec-WebSocket-Accept` of the answer.
 */
export function acceptKey(key: string): string {
  return sha1Base64(key + GUID);
}

/**
 * Answers a request, before the application has looked at it.
 *
 * @param request The request.
 * @param settings What the service accepts.
 * @returns The answer.
 */
export function answerUpgrade(
  request: UpgradeRequest,
  settings: WebSocketSettings,
): Refusal | Acceptance {
  const { headers } = request;
  if (request.method !== "GET") return refusal(405, "WebSocket begins with GET", { Allow: "GET" });
  if (
    !hasToken(headers.get("upgrade"), "websocket") ||
    !hasToken(headers.get("connection"), "upgrade")
  ) {
    return refusal(426, "This address speaks WebSocket only", { Upgrade: "websocket" });
  }
  if (headers.get("sec-websocket-version") !== "13") {
    return refusal(426, "This service speaks version 13", { "Sec-WebSocket-Version": "13" });
  }
  const key = headers.get("sec-websocket-key");
  if (!key || !KEY_REGEXP.test(key)) return refusal(400, "Sec-WebSocket-Key is not valid");
  if (!isAllowed(headers.get("origin"), settings.origins)) {
    return refusal(403, "Pages of this origin may not connect");
  }
  const offered = parseSubprotocols(headers.get("sec-websocket-protocol"));
  if (offered === undefined) return refusal(400, "Sec-WebSocket-Protocol is not valid");
  const extensions = headers.get("sec-websocket-extensions");
  const extension = extensions ? answerExtensions(extensions, settings.compression) : {};
  if (extension === undefined) return refusal(400, "Sec-WebSocket-Extensions is not valid");
  const acceptance: Acceptance = {
    status: 101,
    headers: { Upgrade: "websocket", "Sec-WebSocket-Accept": acceptKey(key) },
    subprotocol: offered.find((name) => settings.subprotocols.includes(name)) ?? "",
    agreement: extension.agreement,
  };
  if (extension.header) acceptance.headers["Sec-WebSocket-Extensions"] = extension.header;
  return acceptance;
}

/**
 * Puts the application's decision into the answer.
 *
 * @param acceptance The answer so far.
 * @param decision What `onUpgrade` has returned.
 * @returns The answer.
 * @throws {RangeError} Where the status is none of a refusal.
 */
export function applyDecision(
  acceptance: Acceptance,
  decision: UpgradeDecision | void,
): Refusal | Acceptance {
  const status = decision?.status ?? 101;
  if (status !== 101) {
    if (!Number.isInteger(status) || status < 300 || status > 599) {
      throw new RangeError(
        `Cannot refuse the upgrade: the status must be from 300 to 599: ${status}`,
      );
    }
    return refusal(status, decision!.body ?? "", decision!.headers);
  }
  const subprotocol = decision?.subprotocol ?? acceptance.subprotocol;
  const headers = { ...acceptance.headers, ...decision?.headers };
  if (subprotocol !== "") headers["Sec-WebSocket-Protocol"] = subprotocol;
  return { ...acceptance, headers, subprotocol };
}

function refusal(status: number, body: string, headers: Record<string, string> = {}): Refusal {
  return { status, headers, body };
}

/**
 * Tells whether a header that lists tokens has one.
 *
 * @param value The header's value, where there is one.
 * @param token The token, in lower case.
 * @returns True where it has.
 */
export function hasToken(value: string | null | undefined, token: string): boolean {
  return value?.split(",").some((part) => part.trim().toLowerCase() === token) ?? false;
}

function isAllowed(
  origin: string | null | undefined,
  origins: WebSocketSettings["origins"],
): boolean {
  if (origins === undefined || origin === null || origin === undefined) return true;
  return typeof origins === "function" ? origins(origin) : origins.includes(origin);
}

/** The subprotocols offered; undefined where the header is malformed (section 4.1, item 10). */
function parseSubprotocols(value: string | null | undefined): string[] | undefined {
  if (value === null || value === undefined) return [];
  const names = value.split(",").map((name) => name.trim());
  const valid = names.every((name) => TOKEN_REGEXP.test(name)) &&
    new Set(names).size === names.length;
  return valid ? names : undefined;
}
