/**
 * Compresses answers in text with what the client takes.
 *
 * @module
 */

import * as std from "@std/http/negotiation";
import { type Encoding, loadCompression } from "../../src/runtime/compression.ts";
import { BodySource, cancel } from "./answer.ts";
import { HttpHeaders } from "./headers.ts";
import type { HttpRequest } from "./request.ts";
import { type HttpBody, HttpResponse } from "./response.ts";

/** Options of compression. */
export interface CompressionOptions {
  /**
   * The smallest body that is compressed, in bytes, where its length is known: below it the coding
   * costs more than it saves.
   *
   * @default {1024}
   */
  minSize?: number;
  /**
   * The codings that may be used. Of those that a client likes equally well, the one that it names
   * first is taken.
   *
   * @default {["br", "gzip", "deflate"]}
   */
  encodings?: readonly Encoding[];
}

/** The function of `@std/http/negotiation` as it is called here. */
interface StdNegotiation {
  acceptsEncodings(
    request: { headers: { get(name: string): string | null } },
    ...encodings: string[]
  ): string | undefined;
}

const { acceptsEncodings } = std as unknown as StdNegotiation;

/** Media types that are text; events are sent one by one, and must not wait in a compressor. */
const TEXT_TYPES =
  /^(?:text\/(?!event-stream)|application\/(?:[\w.-]+\+)?(?:json|xml|javascript|wasm)\b|image\/svg)/i;

/**
 * Compresses an answer, where it is worth it and the client takes it.
 *
 * @returns The answer with another body and its fields, or `response` itself.
 */
export function compress(
  response: HttpResponse,
  request: HttpRequest,
  { minSize = 1024, encodings = ["br", "gzip", "deflate"] }: CompressionOptions,
): HttpResponse {
  const { headers, body, status } = response;
  if (!TEXT_TYPES.test(headers.get("content-type") ?? "")) return response;
  if (status === 206 || headers.has("content-encoding") || isFixed(headers)) return response;
  if (body === null || lengthOf(body, headers) < minSize) return response;

  const result = new HttpHeaders(headers);
  result.append("vary", "accept-encoding");
  const encoding = request.version === "1.0" || !request.headers.has("accept-encoding")
    ? undefined
    : acceptsEncodings(request, ...encodings, "identity") as Encoding | "identity" | undefined;
  const init = { status, statusText: response.statusText, headers: result };
  if (encoding === undefined || encoding === "identity") {
    return new HttpResponse(body, { ...init, trailers: response.trailers });
  }
  result.set("content-encoding", encoding).delete("content-length");
  // The bytes are others than those that a strong tag stands for (RFC 9110, section 8.8.3).
  const tag = headers.get("etag");
  if (tag?.startsWith('"')) result.set("etag", `W/${tag}`);
  if (request.method === "HEAD") {
    cancel(body);
    return new HttpResponse(noBytes(), init);
  }
  return new HttpResponse(compressed(body, encoding), { ...init, trailers: response.trailers });
}

/** RFC 9111, section 5.2.2.6: nobody may change the bytes. */
function isFixed(headers: HttpHeaders): boolean {
  return /\bno-transform\b/i.test(headers.get("cache-control") ?? "");
}

/** The length of a body, infinite where only its end will tell. */
function lengthOf(body: HttpBody, headers: HttpHeaders): number {
  if (typeof body === "string" || body instanceof Uint8Array) return body.length;
  const length = headers.get("content-length");
  return length === null ? Infinity : Number(length);
}

async function* compressed(
  body: Exclude<HttpBody, null>,
  encoding: Encoding,
): AsyncGenerator<Uint8Array> {
  const { compressor } = await loadCompression();
  yield* compressor(encoding, pieces(body));
}

async function* pieces(body: Exclude<HttpBody, null>): AsyncGenerator<Uint8Array> {
  if (typeof body === "string") yield new TextEncoder().encode(body);
  else if (body instanceof Uint8Array) yield body;
  else {
    const source = new BodySource(body);
    try {
      for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
        yield piece;
      }
    } finally {
      source.stop();
    }
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
