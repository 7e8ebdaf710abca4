/**
 * Compresses text responses with a coding that the client accepts.
 *
 * @module
 */

import { copyOf, isBytes } from "../../src/bytes/outgoing.ts";
import { type Encoding, loadCompression } from "../../src/runtime/bytes/compression.ts";
import { BodySource, cancel } from "./response_framing.ts";
import { HttpHeaders } from "./headers.ts";
import { hasMember } from "./lists.ts";
import { acceptedEncoding } from "./negotiation.ts";
import type { CompressionOptions } from "./options.ts";
import type { HttpRequest } from "./request.ts";
import { type HttpBody, HttpResponse } from "./response.ts";

/** Media types of text. Events are not included: each must be sent immediately. */
const TEXT_TYPES =
  /^(?:text\/(?!event-stream)|application\/(?:[\w.-]+\+)?(?:json|xml|javascript|wasm)\b|image\/svg)/i;

/** Fields that would be wrong after compression, because they describe the original bytes. */
const FIXING_FIELDS = [
  "content-encoding",
  "content-digest",
  "repr-digest",
  "digest",
  "content-md5",
];

/**
 * Compresses a response if it is worth it and the client accepts it. A 304 and a 206 get the fields
 * of the whole response (RFC 9110, sections 15.4.5 and 15.3.7).
 *
 * @returns A response with another body and its fields, or the given one.
 */
export function compress(
  response: HttpResponse,
  request: HttpRequest,
  { minSize = 1024, encodings = ["br", "gzip", "deflate"] }: CompressionOptions,
): HttpResponse {
  const { body, status, statusText, trailers } = response;
  if (!isCompressible(response)) return response;
  const { encoding, identity } = acceptedEncoding(
    request.version === "1.0" ? null : request.headers.get("accept-encoding"),
    encodings,
  );
  if (identity && wholeLength(response) < minSize) return response;

  const headers = new HttpHeaders(response.headers);
  const vary = headers.get("vary");
  if (!hasMember(vary, "*") && !hasMember(vary, "accept-encoding")) {
    headers.append("vary", "accept-encoding");
  }
  const init = { status, statusText, headers, trailers };
  if (encoding === undefined || status === 206) return new HttpResponse(body, init);
  // A strong tag identifies the exact bytes (section 8.8.3), and ranges of the compressed bytes are
  // not supported.
  const tag = headers.get("etag");
  if (tag?.startsWith('"')) headers.set("etag", `W/${tag}`);
  headers.delete("accept-ranges").delete("content-length");
  if (body === null) return new HttpResponse(null, init);
  headers.set("content-encoding", encoding);
  if (request.method !== "HEAD") {
    // The application may change its bytes after `send` has returned.
    return new HttpResponse(compressed(isBytes(body) ? copyOf(body) : body, encoding), init);
  }
  cancel(body);
  return new HttpResponse(noBytes(), init);
}

/** True for a text response, or one about text, that may be transformed. */
function isCompressible({ headers, body, status }: HttpResponse): boolean {
  if (body === null && status !== 304) return false;
  const type = headers.get("content-type") ?? (status === 304 ? "text/plain" : "");
  return TEXT_TYPES.test(type) && !FIXING_FIELDS.some((name) => headers.has(name)) &&
    // RFC 9111, section 5.2.2.6.
    !/\bno-transform\b/i.test(headers.get("cache-control") ?? "");
}

/** The length of the content; infinite if it is not known in advance. */
function wholeLength({ body, headers }: HttpResponse): number {
  const range = headers.get("content-range");
  if (range !== null) return Number(range.slice(range.indexOf("/") + 1));
  if (typeof body === "string" || isBytes(body)) return body.length;
  const length = headers.get("content-length");
  return length === null ? Infinity : Number(length);
}

/** Compresses the pieces of `body`. `return()` releases it even while a piece is pending. */
function compressed(
  body: Exclude<HttpBody, null>,
  encoding: Encoding,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const isWhole = typeof body === "string" || isBytes(body);
      const source = new BodySource(isWhole ? oneOf(body) : body);
      const iterator = compressAll(source, encoding);
      return {
        next: () => iterator.next(),
        return() {
          source.stop();
          return iterator.return(undefined);
        },
      };
    },
  };
}

async function* oneOf(piece: Uint8Array | string): AsyncGenerator<Uint8Array | string> {
  yield piece;
}

async function* compressAll(source: BodySource, encoding: Encoding): AsyncGenerator<Uint8Array> {
  const { compressor } = await loadCompression();
  yield* compressor(encoding, pieces(source));
}

async function* pieces(source: BodySource): AsyncGenerator<Uint8Array> {
  for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
    yield piece;
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
