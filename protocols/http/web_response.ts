/**
 * Converts a web `Response`.
 *
 * @module
 */

import { isDecodedByFetch } from "../../src/runtime/bytes/decoding.ts";
import { BodySource } from "./response_framing.ts";
import type { HttpHeaders } from "./headers.ts";
import { HttpResponse } from "./response.ts";
import { LightResponse } from "./web/light_response.ts";

/** How many turns of promises a body may take. An available text takes a few. */
const TURNS = 16;

/** Represents a piece that does not arrive soon. */
const LATER = Symbol("later");

/**
 * True if a text's content type is among the header fields of its `Response`, as in the Fetch
 * standard. Bun adds it when its own server sends the response.
 */
const NAMES_TEXT = new Response("").headers.has("content-type");

/**
 * Converts a response. Its body is always a stream: one that ends immediately is sent with its
 * length, together with the head.
 *
 * @throws {TypeError} If its body has been read already.
 */
export async function fromWebResponse(response: Response): Promise<HttpResponse> {
  const converted = HttpResponse.from(response);
  const body = converted.body as ReadableStream<Uint8Array> | null;
  if (body === null) return converted;
  if (response.url !== "") describeDecoded(converted.headers);
  const source = new BodySource(body);
  const reads = [source.next()];
  const piece = await soon(reads[0]);
  if (piece === undefined) return withBody(converted, null);
  if (piece === LATER) return withBody(converted, readOn(reads, source));
  const isNamed = NAMES_TEXT || LightResponse.made(response);
  if (!isNamed && !converted.headers.has("content-type") && isText(piece)) {
    converted.headers.append("content-type", "text/plain;charset=UTF-8");
  }
  reads.push(source.next());
  const isWhole = await soon(reads[1]) === undefined;
  return withBody(converted, isWhole ? piece : readOn(reads, source));
}

/** Removes the fields that are about the bytes that `fetch` has received, and not what it gives. */
function describeDecoded(headers: HttpHeaders): void {
  const encoding = headers.get("content-encoding");
  if (encoding === null || !isDecodedByFetch(encoding)) return;
  headers.delete("content-encoding");
  headers.delete("content-length");
}

function withBody({ status, statusText, headers }: HttpResponse, body: HttpResponse["body"]) {
  return new HttpResponse(body, { status, statusText, headers });
}

/**
 * The result of `read` if it takes only a few turns of promises, without waiting longer than
 * necessary.
 */
async function soon<Piece>(read: Promise<Piece>): Promise<Piece | typeof LATER> {
  let given: Piece | typeof LATER = LATER;
  let failed = false;
  read.then((piece) => given = piece, () => failed = true);
  for (let turn = 0; turn < TURNS && given === LATER && !failed; turn++) await undefined;
  return failed ? read : given;
}

/**
 * True for bytes that are most likely text: UTF-8, possibly cut at the end, without control
 * characters.
 */
function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    // deno-lint-ignore no-control-regex
    return !/[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(text);
  } catch {
    return false;
  }
}

/** The pieces that are being read, and all that follow. */
function readOn(
  reads: Promise<Uint8Array | undefined>[],
  source: BodySource,
): AsyncIterable<Uint8Array> {
  // A read may fail before it is awaited: its rejection must not be unhandled.
  for (const read of reads) read.catch(() => {});
  const iterator = {
    async next(): Promise<IteratorResult<Uint8Array>> {
      const piece = await (reads.shift() ?? source.next());
      return piece === undefined ? { done: true, value: undefined } : { done: false, value: piece };
    },
    return(): Promise<IteratorResult<Uint8Array>> {
      source.stop();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
