/**
 * Requests.
 *
 * @module
 */

import type { Connection } from "../../src/protocol/connection.ts";
import { GoerError } from "../../src/errors.ts";
import { decodeLatin1 } from "../../src/runtime/bytes/text.ts";
import type { Protocol, SessionContext, UpgradeHandlers } from "../../src/protocol/protocol.ts";
import type { Session } from "../../src/protocol/session.ts";
import type { BodyOptions, RequestBody } from "./body.ts";
import { CR, SLASH, SP } from "./characters.ts";
import { directClient, identifyClient, type RequestClient } from "./client.ts";
import { getCookies } from "./cookies.ts";
import type { HttpForm } from "./form.ts";
import { parseForm } from "./form_parser.ts";
import { headStore, type ReadHead, storeHead } from "./head_store.ts";
import { HttpHeaders, type HttpHeadersInit } from "./headers.ts";
import { HttpError } from "./http_error.ts";
import { hasMoreValues } from "./json.ts";
import { hasMember, hasMoreParts } from "./lists.ts";
import { originOf, originOfBytes } from "./origin.ts";
import type { HttpSettings } from "./settings.ts";

/** What a request needs from its session. */
export interface RequestSession {
  readonly connection: Connection<never>;
  readonly maxBodySize: number;
  readonly settings: HttpSettings;
  /** Calls `callback` once, when the response has been sent or the connection has ended. */
  finished(request: HttpRequest, callback: () => void): void;
  /** True unless the request waits for its response. */
  responded(request: HttpRequest): boolean;
  /** Aborted if the client disconnects before the response. */
  signalOf(request: HttpRequest): AbortSignal;
  /** Responds with 101 and hands the connection over. */
  upgrade<In, Out>(
    protocol: Protocol<In, Out>,
    options: UpgradeOptions<In, Out>,
  ): Session<In, Out>;
}

/** Options of {@linkcode HttpRequest.upgrade}. */
export interface UpgradeOptions<In, Out> {
  /** The header fields of the response `101 Switching Protocols`, including `Upgrade`. */
  headers?: HttpHeadersInit;
  /** The handlers after the upgrade. Default: the service's. */
  handlers?: UpgradeHandlers<In, Out>;
}

const utf8 = new TextDecoder();

/**
 * Checks that a request has a valid URL, without creating it.
 *
 * @throws {HttpError} 400 if its host is not valid in a URL.
 */
export let checkOrigin: (request: HttpRequest) => void;

/** Learns the client of a request from the trusted proxy that has sent it. */
export let forward: (request: HttpRequest, context: SessionContext<never, never>) => void;

/** The parts of the head that have been created so far. */
interface Parts {
  target?: string;
  headers?: HttpHeaders;
  query?: URLSearchParams;
  signal?: AbortSignal;
  /** The client, if a trusted proxy has sent the request. */
  forwarded?: RequestClient;
  completed?: Promise<void>;
}

/**
 * A request. It stays valid as long as you keep it.
 *
 * @example
 * ```ts
 * import { Goer } from "@goer/goer";
 *
 * const goer = new Goer("http://127.0.0.1:0");
 * goer.onMessage = async (connection, request) => {
 *   const { name } = await request.json() as { name: string };
 *   connection.send(`${request.method} ${request.path}: ${name}`);
 * };
 * await using service = await goer.listen();
 * const body = JSON.stringify({ name: "you" });
 * const response = await fetch(`${service.address}/hello`, { method: "POST", body });
 * if (await response.text() !== "POST /hello: you") throw new Error();
 * ```
 */
export class HttpRequest {
  /** The method as sent by the client: `GET`, `POST`, … */
  readonly method: string;
  /** The version. */
  readonly version: "1.0" | "1.1";

  readonly #session: RequestSession;
  readonly #body: RequestBody | undefined;
  /** The head, starting with its request line. */
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #hostStart: number;
  readonly #hostEnd: number;
  #parts: Parts | undefined;

  /**
   * Created by the session.
   *
   * @param session The session that read it.
   * @param read The parser of its head, and the head's position in the buffer.
   * @param body Its body, if any.
   */
  constructor(
    session: RequestSession,
    { parser, bytes, start, length }: ReadHead,
    body: RequestBody | undefined,
  ) {
    const size = length - parser.lineStart;
    this.method = parser.method;
    this.version = parser.minorVersion === 0 ? "1.0" : "1.1";
    this.#session = session;
    this.#body = body;
    this.#start = storeHead(bytes, start + parser.lineStart, size);
    this.#bytes = headStore;
    this.#end = this.#start + size;
    this.#hostStart = this.#start + parser.hostStart - parser.lineStart;
    this.#hostEnd = this.#start + parser.hostEnd - parser.lineStart;
  }

  /** The target as sent by the client, usually path and query: `/a%20b?c=d`. */
  get target(): string {
    const parts = this.#parts ??= {};
    if (parts.target === undefined) {
      const start = this.#bytes.indexOf(SP, this.#start) + 1;
      parts.target = decodeLatin1(this.#bytes, start, this.#bytes.indexOf(SP, start));
    }
    return parts.target;
  }

  /** The path, not decoded: `/a%20b`. It begins with a slash, except in `OPTIONS *`. */
  get path(): string {
    const { target } = this;
    const start = this.#pathStart();
    const end = target.indexOf("?", start);
    const path = target.slice(start, end === -1 ? undefined : end);
    return path === "" ? "/" : path;
  }

  /** The query without its question mark, not decoded; `""` if there is none. */
  get queryString(): string {
    const start = this.target.indexOf("?");
    return start === -1 ? "" : this.target.slice(start + 1);
  }

  /**
   * The query, decoded.
   *
   * @throws {HttpError} If it has more than `maxQueryParameters`: 400.
   */
  get query(): URLSearchParams {
    const parts = this.#parts ??= {};
    if (parts.query === undefined) {
      const { queryString } = this;
      const { maxQueryParameters } = this.#session.settings;
      if (hasMoreParts(queryString, "&", maxQueryParameters)) {
        throw new HttpError(
          400,
          `Cannot read the query: it has more than ${maxQueryParameters} parameters`,
        );
      }
      // `URLSearchParams` removes a leading question mark, which may belong to the query.
      parts.query = new URLSearchParams(`?${queryString}`);
    }
    return parts.query;
  }

  /** The host of the request, with its port if it has one, or `""`. */
  get host(): string {
    return this.headers.get("host") ?? "";
  }

  /**
   * Who has sent the request. If it came from one of the `trustedProxies`, these say who its client
   * is; otherwise the peer of the connection.
   */
  get client(): RequestClient {
    return this.#parts?.forwarded ?? directClient(this, this.#session.connection);
  }

  /**
   * The full URL, as in a web `Request`, with protocol and host of its `client`, which chooses the
   * host.
   *
   * @throws {HttpError} If the host cannot be part of an address: 400.
   */
  get url(): string {
    const { target } = this;
    if (target.startsWith("/")) return this.#origin() + target;
    const query = target.indexOf("?");
    const path = target === "*" ? "/" : this.path;
    return this.#origin() + path + (query === -1 ? "" : target.slice(query));
  }

  /** The header fields. */
  get headers(): HttpHeaders {
    const parts = this.#parts ??= {};
    if (parts.headers === undefined) {
      const fields = this.#bytes.indexOf(CR, this.#start) + 2;
      parts.headers = HttpHeaders.parse(this.#bytes, fields, this.#end);
      // RFC 9112, section 3.2.2: a host in the target replaces the field.
      const { target } = this;
      const path = this.#pathStart();
      if (path > 0) parts.headers.set("host", target.slice(target.indexOf("//") + 2, path));
    }
    return parts.headers;
  }

  /**
   * The cookies by name.
   *
   * @throws {HttpError} If there are more than `maxCookies`: 431.
   */
  get cookies(): Record<string, string> {
    return getCookies(this.headers, this.#session.settings.maxCookies);
  }

  /**
   * Aborted if the client disconnects before the response, or ends its side, even if it still gets
   * the response.
   */
  get signal(): AbortSignal {
    return (this.#parts ??= {}).signal ??= this.#session.signalOf(this);
  }

  /** True once the response is sent or being sent, or the connection uses another protocol. */
  get responded(): boolean {
    return this.#session.responded(this);
  }

  /**
   * Resolves when the response is written. Rejects with `GOER_CONNECTION` if the client disconnects
   * before that; you do not have to handle it.
   */
  get completed(): Promise<void> {
    return (this.#parts ??= {}).completed ??= this.#complete();
  }

  /** True if the client requests another protocol: see {@linkcode HttpRequest.upgrade}. */
  get upgradeRequested(): boolean {
    return this.version === "1.1" && this.headers.has("upgrade") &&
      hasMember(this.headers.get("connection"), "upgrade");
  }

  /** True if the request has a body. */
  get hasBody(): boolean {
    return this.#body !== undefined;
  }

  /** True once the body is being read, or has been. */
  get bodyUsed(): boolean {
    return this.#body?.used ?? false;
  }

  /** The fields after a chunked body, once that has been read. */
  get trailers(): HttpHeaders {
    return this.#body?.trailers ?? new HttpHeaders();
  }

  /**
   * The body as a stream, read from the peer no faster than you read it, or `null`. It fails if the
   * body violates the protocol or a limit, or the peer disconnects.
   */
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#body?.stream() ?? null;
  }

  /**
   * The whole body.
   *
   * @throws {HttpError} If the body violates the protocol or a limit, or the peer disconnects.
   * @throws {TypeError} If it has already been read.
   */
  bytes(options: BodyOptions = {}): Promise<Uint8Array> {
    return this.#body?.bytes(options.maxSize ?? this.#session.maxBodySize) ??
      Promise.resolve(new Uint8Array());
  }

  /** The whole body, decoded as UTF-8. Fails like {@linkcode HttpRequest.bytes}. */
  async text(options: BodyOptions = {}): Promise<string> {
    return utf8.decode(await this.bytes(options));
  }

  /**
   * The whole body, parsed as JSON. Fails like {@linkcode HttpRequest.bytes}.
   *
   * @typeParam T The expected type. Nothing checks it.
   * @throws {HttpError} 400 if it is not JSON, 413 if it has more than `maxJsonValues`.
   */
  async json<T = unknown>(options: BodyOptions = {}): Promise<T> {
    const bytes = await this.bytes(options);
    const { maxJsonValues } = this.#session.settings;
    if (hasMoreValues(bytes, maxJsonValues)) {
      throw new HttpError(
        413,
        `Cannot read the request body: it has more than ${maxJsonValues} values`,
      );
    }
    try {
      return JSON.parse(utf8.decode(bytes));
    } catch (cause) {
      throw new HttpError(400, "Cannot read the request body: it is not valid JSON", { cause });
    }
  }

  /**
   * The fields and files of a form: `application/x-www-form-urlencoded` or `multipart/form-data`.
   * Large files are written to disk as they arrive, and removed after the response. Fails like
   * {@linkcode HttpRequest.bytes}.
   *
   * @throws {HttpError} 415 if the body is not such a form, 400 if it is not valid, 413 if it has
   * more than `maxFormFields`.
   */
  form(options: BodyOptions = {}): Promise<HttpForm> {
    const form = parseForm(this, this.#session.settings, options);
    this.#session.finished(this, () => form.then((form) => form.dispose(), () => {}));
    return form;
  }

  /**
   * Switches the connection to another protocol: responds with `101 Switching Protocols`, and
   * passes everything that the client sends next to the other protocol.
   *
   * @param protocol The other protocol.
   * @param options The header fields of the response, and the handlers after the upgrade.
   * @returns The new session.
   * @throws {GoerError} `GOER_NO_REQUEST` if the client did not request an upgrade, the response is
   * already sent, or the body is not read.
   */
  upgrade<In, Out>(
    protocol: Protocol<In, Out>,
    options: UpgradeOptions<In, Out> = {},
  ): Session<In, Out> {
    if (!this.upgradeRequested) {
      throw new GoerError(
        "GOER_NO_REQUEST",
        "Cannot upgrade the connection: the client has not asked for it in HTTP/1.1",
      );
    }
    return this.#session.upgrade(protocol, options);
  }

  /** The origin of the URL. */
  #origin(): string {
    const forwarded = this.#parts?.forwarded;
    if (forwarded) return originOf(forwarded.host, forwarded.protocol === "https");
    const secure = this.#session.connection.transport === "tls";
    // The app may have changed the fields once they were created, and an absolute target contains a
    // host.
    const isSent = this.#parts?.headers === undefined &&
      this.#bytes[this.#start + this.method.length + 1] === SLASH;
    return isSent
      ? originOfBytes(this.#bytes, this.#hostStart, this.#hostEnd, secure)
      : originOf(this.host, secure);
  }

  static {
    checkOrigin = (request) => request.#origin();
    forward = (request, context) => {
      const client = identifyClient(request, context);
      (request.#parts ??= {}).forwarded = client;
    };
  }

  #complete(): Promise<void> {
    const completed = new Promise<void>((resolve, reject) => {
      this.#session.finished(this, () => {
        if (!this.signal.aborted) return resolve();
        reject(new GoerError("GOER_CONNECTION", "The client left before the response was sent"));
      });
    });
    completed.catch(() => {});
    return completed;
  }

  /** The start of the path in the target: after scheme and host of an absolute one. */
  #pathStart(): number {
    if (this.target.startsWith("/")) return 0;
    return /^https?:\/\/[^/?]*/i.exec(this.target)?.[0].length ?? 0;
  }
}
