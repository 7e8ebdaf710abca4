/**
 * Requests.
 *
 * @module
 */

import type { Connection } from "../../src/connection/types.ts";
import type { Protocol, Session, UpgradeHandlers } from "../protocol.ts";
import type { RequestBody } from "./body.ts";
import { latin1 } from "./characters.ts";
import { getCookies } from "./cookies.ts";
import { type HttpForm, parseForm } from "./form.ts";
import type { RequestHead } from "./head_store.ts";
import { HttpHeaders, type HttpHeadersInit } from "./headers.ts";
import { badHead, HttpError } from "./http_error.ts";
import type { MultipartOptions } from "./multipart.ts";

/** What a request asks of the session that read it. */
export interface Exchange {
  readonly connection: Connection<never>;
  readonly maxBodySize: number;
  readonly multipart: MultipartOptions;
  /** Calls `callback` once, when the request has been answered, or else its connection is gone. */
  finished(callback: (answered: boolean) => void): void;
  /** Answers 101 and hands the connection over. */
  upgrade<In, Out>(
    protocol: Protocol<In, Out>,
    options: UpgradeOptions<In, Out>,
  ): Session<In, Out>;
}

/** Options of {@linkcode HttpRequest.upgrade}. */
export interface UpgradeOptions<In, Out> {
  /** The header fields of the answer `101 Switching Protocols`, `Upgrade` among them. */
  headers?: HttpHeadersInit;
  /** The handlers from then on. Default: the service's. */
  handlers?: UpgradeHandlers<In, Out>;
}

/** Options of {@linkcode HttpRequest.bytes} and of all else that reads a body whole. */
export interface BodyOptions {
  /** The largest body to take, in bytes. Default: `maxBodySize` of the protocol. */
  maxSize?: number;
}

const utf8 = new TextDecoder();

/**
 * A request. It stays valid for as long as it is kept: strings are made of its bytes as they are
 * asked for, and it has a copy of those.
 */
export class HttpRequest {
  /** The method, as the client wrote it: `GET`, `POST`, … */
  readonly method: string;

  readonly #exchange: Exchange;
  readonly #head: RequestHead;
  readonly #body: RequestBody | undefined;
  #target: string | undefined;
  #headers: HttpHeaders | undefined;
  #query: URLSearchParams | undefined;
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #signal: AbortSignal | undefined;
  #bodyUsed = false;

  /**
   * @param exchange The session that read it.
   * @param head Its head.
   * @param body Its body, where it has one.
   */
  constructor(exchange: Exchange, head: RequestHead, body: RequestBody | undefined) {
    this.method = head.method;
    this.#exchange = exchange;
    this.#head = head;
    this.#body = body;
  }

  /** The version: `"1.1"` or `"1.0"`. */
  get version(): "1.0" | "1.1" {
    return this.#head.minorVersion === 0 ? "1.0" : "1.1";
  }

  /** The target as the client wrote it: most often path and query, `/a%20b?c=d`. */
  get target(): string {
    return this.#target ??= this.#text(this.#head.targetStart, this.#head.targetEnd);
  }

  /** The path, not decoded: `/a%20b`. It begins with a slash, but in `OPTIONS *`. */
  get path(): string {
    const { target } = this;
    const start = this.#pathStart();
    const end = target.indexOf("?", start);
    const path = target.slice(start, end === -1 ? undefined : end);
    return path === "" ? "/" : path;
  }

  /** The query without its question mark, not decoded; `""` where there is none. */
  get queryString(): string {
    const start = this.target.indexOf("?");
    return start === -1 ? "" : this.target.slice(start + 1);
  }

  /** The query, decoded. */
  get query(): URLSearchParams {
    return this.#query ??= new URLSearchParams(this.queryString);
  }

  /** The host that is asked, with its port where it names one; `""` where none is named. */
  get host(): string {
    return this.#text(this.#head.hostStart, this.#head.hostEnd);
  }

  /**
   * The whole address, as the web's `Request` has it. Its host is what the client says.
   *
   * @throws {HttpError} Where the host cannot be part of an address: 400.
   */
  get url(): string {
    const scheme = this.#exchange.connection.transport === "tls" ? "https" : "http";
    const rest = this.target === "*" ? "/" : this.target.slice(this.#pathStart());
    const url = URL.parse(`${scheme}://${this.host || "localhost"}`);
    if (url === null) throw badHead("its host is not valid");
    return url.origin + (rest.startsWith("/") ? rest : `/${rest}`);
  }

  /** The header fields. */
  get headers(): HttpHeaders {
    if (this.#headers === undefined) {
      const { bytes, start, fieldsStart, length } = this.#head;
      this.#headers = HttpHeaders.parse(bytes, start + fieldsStart, start + length);
      // RFC 9112, section 3.2.2: where the target names the host, it takes the place of the field.
      if (this.#pathStart() > 0) this.#headers.set("host", this.host);
    }
    return this.#headers;
  }

  /** The cookies by their names. */
  get cookies(): Record<string, string> {
    return getCookies(this.headers);
  }

  /** Aborted where the connection goes before the request has been answered. */
  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController();
      this.#exchange.finished((answered) => answered || controller.abort());
      this.#signal = controller.signal;
    }
    return this.#signal;
  }

  /** True where the client asks for another protocol: see {@linkcode HttpRequest.upgrade}. */
  get upgradeRequested(): boolean {
    return this.#head.upgrade;
  }

  /** True where there is a body, were it an empty one. */
  get hasBody(): boolean {
    return this.#head.chunked || this.#head.contentLength > 0;
  }

  /** True once the body is being read, or has been. */
  get bodyUsed(): boolean {
    return this.#bodyUsed;
  }

  /** The fields after a chunked body, once that has been read. */
  get trailers(): HttpHeaders {
    return this.#body?.trailers ?? new HttpHeaders();
  }

  /**
   * The body as a stream, read from the peer no faster than from here; `null` where there is none.
   * It fails where the body breaks the protocol or a limit, or the peer goes.
   */
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#body === undefined) return null;
    if (this.#stream === undefined) {
      this.#bodyUsed = true;
      this.#stream = this.#body.stream();
    }
    return this.#stream;
  }

  /**
   * The whole body.
   *
   * @throws {HttpError} Where the body breaks the protocol or a limit, or the peer goes.
   * @throws {TypeError} Where it has been read already.
   */
  bytes(options: BodyOptions = {}): Promise<Uint8Array> {
    if (this.#bodyUsed) {
      return Promise.reject(
        new TypeError("Cannot read the request body: it has been read already"),
      );
    }
    if (this.#body === undefined) return Promise.resolve(new Uint8Array());
    this.#bodyUsed = true;
    return this.#body.bytes(options.maxSize ?? this.#exchange.maxBodySize);
  }

  /** The whole body, decoded as UTF-8. Fails as {@linkcode HttpRequest.bytes}. */
  async text(options: BodyOptions = {}): Promise<string> {
    return utf8.decode(await this.bytes(options));
  }

  /**
   * The whole body, parsed as JSON. Fails as {@linkcode HttpRequest.bytes}.
   *
   * @typeParam T What it is expected to be; nothing checks that.
   * @throws {HttpError} Where it is no JSON: 400.
   */
  async json<T = unknown>(options: BodyOptions = {}): Promise<T> {
    const text = await this.text(options);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new HttpError(400, "Cannot read the request body: it is no JSON", { cause });
    }
  }

  /**
   * The fields and files of a form: `application/x-www-form-urlencoded` or `multipart/form-data`.
   * Large files are written to disk as they arrive, and removed after the answer.
   * Fails as {@linkcode HttpRequest.bytes}.
   *
   * @throws {HttpError} Where the body is no such form: 415, or not well-formed: 400.
   */
  form(options: BodyOptions = {}): Promise<HttpForm> {
    const form = parseForm(this, this.#exchange.multipart, options);
    this.#exchange.finished(() => form.then((form) => form.dispose(), () => {}));
    return form;
  }

  /**
   * Hands the connection over to another protocol: answers `101 Switching Protocols`, and what the
   * client sends from then on is the other protocol's.
   *
   * @param protocol The other protocol.
   * @param options The header fields of the answer, and the handlers from then on.
   * @returns The new session.
   * @throws {GoerError} Where the request has been answered already, or its body has not been read.
   */
  upgrade<In, Out>(
    protocol: Protocol<In, Out>,
    options: UpgradeOptions<In, Out> = {},
  ): Session<In, Out> {
    return this.#exchange.upgrade(protocol, options);
  }

  /** Where the path begins in the target: past scheme and host of an absolute one. */
  #pathStart(): number {
    const { hostStart, hostEnd, targetStart, targetEnd } = this.#head;
    return hostStart > targetStart && hostEnd <= targetEnd ? hostEnd - targetStart : 0;
  }

  #text(start: number, end: number): string {
    const head = this.#head;
    return latin1(head.bytes, head.start + start, head.start + end);
  }
}
