/**
 * The client's side of the opening handshake (RFC 6455 section 4.1).
 *
 * @module
 */

import { GoerError, ProtocolError } from "../../src/errors.ts";
import { decodeText } from "../../src/runtime/bytes/text.ts";
import { hasMember } from "../http/lists.ts";
import { HttpHeaders } from "../http/mod.ts";
import type { SessionContext } from "../../src/protocol/protocol.ts";
import type { ReceiveBuffer } from "../../src/protocol/buffers.ts";
import { MORE, type Session } from "../../src/protocol/session.ts";
import { acceptExtensions, type Agreement, offerExtensions } from "./extension.ts";
import { acceptKey } from "./handshake.ts";
import type { WebSocketMessage, WebSocketOutgoing } from "./connection.ts";
import type { WebSocketSettings } from "./settings.ts";
import { framesProtocol } from "./upgrade.ts";

/** The largest head of a response, in bytes. */
const MAX_HEAD_SIZE = 16 * 1024;
/** The most header fields of a response, the same as servers allow in a request. */
const MAX_FIELDS = 100;
const HEAD_END = [13, 10, 13, 10] as const;
/** HTTP/1.0 has no upgrades. */
const STATUS_LINE_REGEXP = /^HTTP\/1\.[1-9] (\d{3})(?: |$)/;

/** A connection that has requested the upgrade. Nothing can be sent on it yet. */
export class ClientHandshakeSession implements Session<WebSocketMessage, WebSocketOutgoing> {
  readonly opening = true;
  readonly #context: SessionContext<WebSocketMessage, WebSocketOutgoing>;
  readonly #settings: WebSocketSettings;
  readonly #url: URL;
  readonly #key: string;
  /** How many bytes have been searched for the end of the head. */
  #searched = 0;

  /**
   * @param context The connection.
   * @param settings The options of the protocol.
   * @param address The address, as a URL.
   */
  constructor(
    context: SessionContext<WebSocketMessage, WebSocketOutgoing>,
    settings: WebSocketSettings,
    address: string,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#url = new URL(address.replace(/^websocket(?:\+(\w+))?:/i, "ws:"));
    this.#key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    context.out.text(this.#request());
    context.flush();
  }

  read(buffer: ReceiveBuffer): typeof MORE {
    const end = this.#findEnd(buffer);
    if (end === 0) return MORE;
    const head = decodeText(buffer.bytes, buffer.start, buffer.start + end);
    buffer.consume(end);
    const { agreement, subprotocol } = this.#check(head);
    const target = this.#url.pathname + this.#url.search;
    const handshake = { client: true, agreement, target, subprotocol };
    this.#context.upgrade(framesProtocol(this.#settings, handshake));
    return MORE;
  }

  write(): void {
    throw new TypeError("Cannot send before the handshake is done: wait for onConnect");
  }

  end(): void {
    this.#context.fail(refused("the server closed the connection before the end of its response"));
  }

  #request(): string {
    const { compression, headers, subprotocols } = this.#settings;
    const fields = new HttpHeaders({
      Host: this.#url.host,
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": this.#key,
      "Sec-WebSocket-Version": "13",
    });
    if (subprotocols.length > 0) fields.set("Sec-WebSocket-Protocol", subprotocols.join(", "));
    if (compression) fields.set("Sec-WebSocket-Extensions", offerExtensions(compression));
    for (const [name, value] of Object.entries(headers ?? {})) fields.set(name, value);
    const lines = Array.from(fields, ([name, value]) => `${name}: ${value}\r\n`).join("");
    return `GET ${this.#url.pathname}${this.#url.search} HTTP/1.1\r\n${lines}\r\n`;
  }

  /** The length of the head; 0 until it is complete. */
  #findEnd(buffer: ReceiveBuffer): number {
    const { bytes, start, length } = buffer;
    const last = Math.min(length, MAX_HEAD_SIZE) - HEAD_END.length;
    for (let at = this.#searched; at <= last; at++) {
      if (bytes[start + at] !== HEAD_END[0]) continue;
      if (HEAD_END.every((byte, index) => bytes[start + at + index] === byte)) {
        return at + HEAD_END.length;
      }
    }
    if (length >= MAX_HEAD_SIZE) {
      throw new ProtocolError(`The response head is larger than ${MAX_HEAD_SIZE} bytes`);
    }
    this.#searched = Math.max(0, last + 1);
    return 0;
  }

  /** What the server has agreed to. Throws if the response does not match the request. */
  #check(head: string): { agreement: Agreement | undefined; subprotocol: string } {
    // Besides the fields, there is the status line and two empty strings after the last line end.
    const [statusLine, ...lines] = head.split("\r\n", MAX_FIELDS + 4);
    if (lines.length > MAX_FIELDS + 2) {
      throw new ProtocolError(`The response head has more than ${MAX_FIELDS} fields`);
    }
    const status = STATUS_LINE_REGEXP.exec(statusLine)?.[1];
    if (status !== "101") throw refused(`the server answered ${status ?? "no HTTP"}`);
    const headers = readFields(lines);
    if (
      !hasMember(headers.get("upgrade"), "websocket") ||
      !hasMember(headers.get("connection"), "upgrade") ||
      headers.get("sec-websocket-accept") !== acceptKey(this.#key)
    ) {
      throw refused("the server's response does not upgrade to WebSocket");
    }
    const { compression, subprotocols } = this.#settings;
    const subprotocol = headers.get("sec-websocket-protocol") ?? "";
    if (subprotocol !== "" && !subprotocols.includes(subprotocol)) {
      throw refused(`the server chose a subprotocol that was not offered: ${subprotocol}`);
    }
    const extensions = headers.get("sec-websocket-extensions");
    if (extensions === null) return { agreement: undefined, subprotocol };
    const agreement = compression && acceptExtensions(extensions, compression);
    if (agreement === undefined) {
      throw refused(`the server chose extensions that were not offered: ${extensions}`);
    }
    return { agreement, subprotocol };
  }
}

function readFields(lines: string[]): HttpHeaders {
  const headers = new HttpHeaders();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1));
  }
  return headers;
}

function refused(reason: string): GoerError {
  return new GoerError("GOER_CONNECT_FAILED", reason[0].toUpperCase() + reason.slice(1));
}
