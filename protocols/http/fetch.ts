/**
 * Applications of the web's form: a `Request` in, a `Response` out.
 *
 * @module
 */

import type { Connection } from "../../src/connection/types.ts";
import { BodySource, cancel, type HttpAnswer } from "./answer.ts";
import { HttpError } from "./http_error.ts";
import type { HttpRequest } from "./request.ts";
import { HttpResponse } from "./response.ts";

/** What an application is told beside the request. */
export interface FetchInfo {
  /** The connection that the request came on. */
  readonly connection: Connection<HttpAnswer>;
  /** The request as Goer has it: its cookies, its form with files on disk. */
  readonly request: HttpRequest;
}

/** An application of the web's form, as Hono, h3 and many others are. */
export type FetchHandler = (
  request: Request,
  info: FetchInfo,
) => Response | Promise<Response>;

/**
 * Makes a handler of messages of an application of the web's form.
 *
 * @param fetch The application.
 * @returns A handler for `onMessage`.
 *
 * @example
 * ```ts
 * import { Goer } from "@goer/goer";
 * import { fetchHandler } from "@goer/goer/protocols/http";
 *
 * const goer = new Goer("http://127.0.0.1:0");
 * goer.onMessage = fetchHandler(({ url }) => new Response(new URL(url).pathname));
 * await using service = await goer.listen();
 * const response = await fetch(`${service.addresses[0]}/hello`);
 * if (await response.text() !== "/hello") throw new Error();
 * ```
 */
export function fetchHandler(
  fetch: FetchHandler,
): (connection: Connection<HttpAnswer>, request: HttpRequest) => Promise<void> {
  return async (connection, request) => {
    const response = await fetch(toWebRequest(request), { connection, request });
    const answer = await toHttpResponse(response);
    if (connection.send(answer) === "closed") cancel(answer.body);
  };
}

/** How many turns of promises a body may take: one of a text that is there takes a few. */
const TURNS = 16;

/** What stands for a piece that does not come soon. */
const LATER = Symbol("later");

/**
 * Takes over an answer. Its body is a stream, whatever it was made of: one that ends at once is sent
 * with its length, and in one piece with the head.
 */
async function toHttpResponse(response: Response): Promise<HttpResponse> {
  const { status, statusText, headers, body } = response;
  const init = { status, statusText: statusText === "" ? undefined : statusText, headers };
  if (body === null) return new HttpResponse(null, init);
  const source = new BodySource(body);
  const reads = [source.next()];
  const piece = await soon(reads[0]);
  if (piece === undefined) return new HttpResponse(null, init);
  if (piece !== LATER) {
    reads.push(source.next());
    if (await soon(reads[1]) === undefined) return new HttpResponse(piece, init);
  }
  return new HttpResponse(readOn(reads, source), init);
}

/** What `read` gives where that takes a few turns of promises, and no turn more than it takes. */
async function soon<Piece>(read: Promise<Piece>): Promise<Piece | typeof LATER> {
  let given: Piece | typeof LATER = LATER;
  let failed = false;
  read.then((piece) => given = piece, () => failed = true);
  for (let turn = 0; turn < TURNS && given === LATER && !failed; turn++) await undefined;
  return failed ? read : given;
}

/** The pieces that are being read, and all that follow. */
function readOn(
  reads: Promise<Uint8Array | undefined>[],
  source: BodySource,
): AsyncIterable<Uint8Array> {
  // A read that fails before the answer takes it is not forgotten: the answer fails by it.
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

/**
 * Makes the web's `Request` of a request.
 *
 * @param request The request. Its body is then read through the result.
 * @throws {HttpError} Where the web's form cannot hold it: 400, or 501 for its method.
 *
 * @example
 * ```ts
 * import { Goer } from "@goer/goer";
 * import { toWebRequest } from "@goer/goer/protocols/http";
 *
 * const goer = new Goer("http://127.0.0.1:0");
 * goer.onMessage = async (connection, request) => {
 *   const { size } = await toWebRequest(request).blob();
 *   connection.send(`${size} bytes`);
 * };
 * await using service = await goer.listen();
 * const response = await fetch(service.addresses[0], { method: "POST", body: "hello" });
 * if (await response.text() !== "5 bytes") throw new Error();
 * ```
 */
export function toWebRequest(request: HttpRequest): Request {
  const { body, method, signal, url } = request;
  const init = { method, signal, body, headers: [...request.headers], duplex: "half" };
  try {
    return new Request(url, init as RequestInit);
  } catch (cause) {
    const status = /^(?:connect|trace|track)$/i.test(method) ? 501 : 400;
    throw new HttpError(status, "Cannot make a web request of the request", { cause });
  }
}
