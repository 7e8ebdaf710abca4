/**
 * Writes the heads of responses into a connection's send buffer.
 *
 * @module
 */

import { STATUS_TEXT } from "@std/http/status";
import type { SendBuffer } from "../../src/protocol/buffers.ts";
import { refreshDate, withDate } from "./date.ts";
import { HttpHeaders, type HttpHeadersInit } from "./headers.ts";

const statusTexts = STATUS_TEXT as unknown as Readonly<Record<number, string | undefined>>;

/** The Date field by itself. */
const DATE_LINE = withDate("", "");

/** Fields that frame the message or end the connection: only the writer sets them. */
const RESERVED = new Set(["connection", "content-length", "keep-alive", "transfer-encoding"]);

/**
 * Fields that are not allowed as trailers: the receiver needs them before the body (RFC 9110,
 * section 6.5.1).
 */
const NO_TRAILERS = new Set([
  ...["age", "authorization", "cache-control", "content-encoding", "content-range", "content-type"],
  ...["date", "expires", "host", "location", "retry-after", "set-cookie", "te", "trailer", "vary"],
  ...["www-authenticate"],
]);

/**
 * How the end of a body is marked: by its length, chunks, the end of the connection, or not at all.
 */
export type Framing = number | "chunked" | "close" | "none";

/** The content of a response's head. */
export interface ResponseHead {
  readonly status: number;
  /** The reason phrase; `undefined` for the one of RFC 9110. */
  readonly statusText: string | undefined;
  readonly headers: HttpHeaders;
  readonly framing: Framing;
  /** The value of the Connection field, if any. */
  readonly connection: string | undefined;
}

/**
 * Writes the head of a response. Its fields were checked when they were set.
 *
 * @returns The time of the response, in ms since 1970.
 */
export function writeHead(head: ResponseHead, out: SendBuffer): number {
  const now = refreshDate();
  const { status, headers, framing, connection } = head;
  const reason = head.statusText ?? statusTexts[status] ?? "";
  writeLatin1(`HTTP/1.1 ${status} ${reason}\r\n`, out);
  if (!headers.has("date")) out.copy(DATE_LINE);
  let fields = fieldLines(headers);
  if (connection !== undefined) fields += `Connection: ${connection}\r\n`;
  if (framing === "chunked") fields += "Transfer-Encoding: chunked\r\n";
  else if (typeof framing === "number") fields += `Content-Length: ${framing}\r\n`;
  writeLatin1(fields + "\r\n", out);
  return now;
}

/** Writes the head of `101 Switching Protocols`. */
export function writeSwitch(headers: HttpHeadersInit | undefined, out: SendBuffer): void {
  const fields = headers instanceof HttpHeaders ? headers : new HttpHeaders(headers);
  const head = { statusText: undefined, framing: "none", connection: "Upgrade" } as const;
  writeHead({ ...head, status: 101, headers: fields }, out);
}

/** The lines of trailer fields, without those that are not allowed there. */
export function trailerLines(trailers: HttpHeaders): string {
  const headers = new HttpHeaders(trailers);
  for (const name of NO_TRAILERS) headers.delete(name);
  return fieldLines(headers);
}

/** The lines of all fields except those that frame the message. */
function fieldLines(headers: HttpHeaders): string {
  let lines = "";
  for (const [name, value] of headers) {
    if (!RESERVED.has(name)) lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

/** Writes characters up to 255 as one byte each. */
export function writeLatin1(text: string, out: SendBuffer): void {
  out.ensure(text.length);
  const { bytes, end } = out;
  for (let index = 0; index < text.length; index++) bytes[end + index] = text.charCodeAt(index);
  out.end = end + text.length;
}

/**
 * Writes the response to a request that cannot be served. The connection ends after it.
 *
 * @param status The status.
 * @param method The method of the request, if known: a response to HEAD has no body.
 * @param out The buffer.
 */
export function writeError(status: number, method: string | undefined, out: SendBuffer): void {
  const body = `${status} ${statusTexts[status] ?? "Error"}\n`;
  const headers = new HttpHeaders({ "content-type": "text/plain; charset=utf-8" });
  const head = { status, statusText: undefined, headers, framing: body.length };
  writeHead({ ...head, connection: "close" }, out);
  if (method !== "HEAD") writeLatin1(body, out);
}
