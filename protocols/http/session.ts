/**
 * The HTTP side of one connection: requests in, answers out, one after the other.
 *
 * @module
 */

import type { Connection } from "../../src/connection/types.ts";
import { GoerError } from "../../src/errors.ts";
import {
  HOLD,
  MORE,
  type Protocol,
  type ReceiveBuffer,
  type SendBuffer,
  type Session,
  type SessionContext,
} from "../protocol.ts";
import { logAnswer } from "./access_log.ts";
import {
  BodySource,
  cancel,
  dropContentFields,
  frame,
  type HttpAnswer,
  pump,
  setContentType,
  toResponse,
} from "./answer.ts";
import { RequestBody } from "./body.ts";
import { BodyReceiver } from "./body_receiver.ts";
import { compress } from "./compression.ts";
import { refreshDate } from "./date.ts";
import { type HeadParser, returnParser, takeParser } from "./head_parser.ts";
import { HttpHeaders } from "./headers.ts";
import { badBody, HttpError } from "./http_error.ts";
import type { MultipartOptions } from "./multipart.ts";
import type { HttpSettings } from "./options.ts";
import { type Awaited, Patience, type PatienceOwner } from "./patience.ts";
import { type Exchange, HttpRequest, type UpgradeOptions } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import { writeError, writeHead, writeLatin1, writeShortText } from "./writer.ts";

/** How much of a body that nobody reads is dropped before the connection rather ends, in bytes. */
const MAX_DISCARDED = 65_536;

/** How many bytes of a body are to arrive within `bodyTimeout`. */
const BODY_STEP = 16_384;

/** The session of one connection. */
export class HttpSession implements Session<HttpRequest, HttpAnswer>, Exchange, PatienceOwner {
  readonly #context: SessionContext<HttpRequest, HttpAnswer>;
  readonly #settings: HttpSettings;
  readonly #patience: Patience;
  /** Reads a head that has come in part. */
  #parser: HeadParser | undefined;
  /** The request whose answer has not been sent whole. */
  #request: HttpRequest | undefined;
  /** The body that still arrives. */
  #receiver: BodyReceiver | undefined;
  /** The body that is being sent. */
  #source: BodySource | undefined;
  /** True from an answer's first byte on, up to its last. */
  #answering = false;
  /** True where the answer needs nothing beside its text. */
  #plain = false;
  /** True where the connection ends with this answer. */
  #last = false;
  /** True while the client waits for `100 Continue`. */
  #continuePending = false;
  /** True while the connection reads nothing, as {@linkcode HOLD} asks. */
  #held = false;
  #served = 0;
  /** What the body had received when {@linkcode BODY_STEP} was last reached. */
  #step = 0;
  /** When the request was whole, in ms since 1970; kept for the access log alone. */
  #started = 0;
  #finished: ((answered: boolean) => void)[] | undefined;

  /**
   * @param context The connection.
   * @param settings The options of the protocol.
   */
  constructor(context: SessionContext<HttpRequest, HttpAnswer>, settings: HttpSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#patience = new Patience(context, settings, this);
  }

  // What a request asks of it

  get connection(): Connection<never> {
    return this.#context.connection;
  }

  get maxBodySize(): number {
    const size = this.#settings.maxBodySize ?? this.#context.maxPackageSize;
    return Math.min(size, Number.MAX_SAFE_INTEGER);
  }

  get multipart(): MultipartOptions {
    return this.#settings.multipart;
  }

  finished(callback: (answered: boolean) => void): void {
    (this.#finished ??= []).push(callback);
  }

  // Receiving

  get streaming(): boolean {
    return this.#receiver !== undefined;
  }

  read(buffer: ReceiveBuffer): HttpRequest | typeof MORE | typeof HOLD {
    this.#held = false;
    try {
      if (this.#receiver !== undefined && !this.#receiveBody(buffer, this.#receiver)) {
        return this.#held ? HOLD : MORE;
      }
      // Answers leave in the order of their requests: the next one is read after this answer.
      if (this.#request !== undefined) {
        this.#held = true;
        return HOLD;
      }
      return buffer.length === 0 ? MORE : this.#readHead(buffer);
    } catch (error) {
      if (error instanceof HttpError) this.#refuse(error);
      throw error;
    }
  }

  #readHead(buffer: ReceiveBuffer): HttpRequest | typeof MORE {
    const parser = this.#parser ??= takeParser();
    const length = parser.parse(buffer, this.#settings);
    if (length === 0) {
      if (this.#patience.awaited !== "head") this.#patience.begin("head");
      return MORE;
    }
    const { bytes, start } = buffer;
    buffer.consume(length);
    this.#patience.end();
    this.#served++;
    const body = parser.chunked || parser.contentLength > 0
      ? this.#openBody(parser, buffer)
      : undefined;
    const { accessLog, compression, maxRequestsPerConnection } = this.#settings;
    if (parser.close || (parser.minorVersion === 0 && !parser.keepAlive)) this.#last = true;
    if (this.#served >= maxRequestsPerConnection) this.#last = true;
    if (accessLog !== undefined) this.#started = refreshDate();
    this.#plain = parser.minorVersion === 1 && parser.method !== "HEAD" &&
      accessLog === undefined && compression === undefined;
    this.#request = new HttpRequest(this, { parser, bytes, start, length }, body);
    this.#parser = undefined;
    returnParser(parser);
    return this.#request;
  }

  /** The body of a request: whole where it came with the head, filled as it arrives otherwise. */
  #openBody(parser: HeadParser, buffer: ReceiveBuffer): RequestBody {
    const { maxHeaderSize, maxHeaderCount } = this.#settings;
    const limits = { maxBodySize: this.maxBodySize, maxHeaderSize, maxHeaderCount };
    const body = new RequestBody(this);
    const receiver = new BodyReceiver(parser, body, limits);
    if (!receiver.receive(buffer)) {
      this.#receiver = receiver;
      this.#step = 0;
      this.#continuePending = parser.expectContinue && receiver.received === 0;
    }
    return body;
  }

  /** Takes more of a body, and returns whether it is whole. */
  #receiveBody(buffer: ReceiveBuffer, receiver: BodyReceiver): boolean {
    if (receiver.body.full) {
      this.#held = true;
      this.#patience.end();
      return false;
    }
    if (receiver.receive(buffer)) {
      this.#bodyEnds();
      return true;
    }
    const unread = this.#request === undefined;
    const progress = receiver.received - this.#step;
    if (unread && progress > MAX_DISCARDED) {
      this.#last = true;
      this.#bodyEnds();
      this.#context.close();
      return false;
    }
    const onTime = !unread && progress >= BODY_STEP;
    if (onTime) this.#step = receiver.received;
    if (!this.#continuePending && (onTime || this.#patience.awaited !== "body")) {
      this.#patience.begin("body");
    }
    return false;
  }

  #bodyEnds(): void {
    this.#receiver = undefined;
    this.#continuePending = false;
    if (this.#request === undefined) this.#patience.begin("idle");
    else this.#patience.end();
  }

  /** The reader of the body wants bytes. */
  wanted(): void {
    if (this.#continuePending && !this.#answering && this.#receiver?.body.awaited) {
      this.#continuePending = false;
      this.#patience.begin("body");
      writeLatin1("HTTP/1.1 100 Continue\r\n\r\n", this.#context.out);
      this.#context.flush();
    }
    this.#readOn();
  }

  /** Reads on, where reading was held back. */
  #readOn(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#context.proceed();
  }

  // Sending

  write(message: HttpAnswer, out: SendBuffer): void {
    if (this.#request === undefined || this.#answering) {
      throw new GoerError("GOER_NO_REQUEST", "Cannot send an answer: no request waits for one");
    }
    if (
      this.#plain && !this.#last && this.#receiver === undefined && typeof message === "string"
    ) {
      const now = writeShortText(message, out);
      if (now !== 0) return this.#answered(now);
    }
    this.#answer(toResponse(message), this.#request, out);
  }

  #answer(response: HttpResponse, request: HttpRequest, out: SendBuffer): void {
    setContentType(response);
    const { compression } = this.#settings;
    if (compression !== undefined) response = compress(response, request, compression);
    if (response.status === 304) dropContentFields(response);
    const { framing, content } = frame(response, request);
    if (content === null) cancel(response.body);
    // A client that still waits for 100 Continue may send the body or not: nothing can follow that.
    if (this.#continuePending || (this.#receiver?.left ?? 0) > MAX_DISCARDED) this.#last = true;
    if (framing === "close" || response.headers.get("connection")?.match(/\bclose\b/i)) {
      this.#last = true;
    }
    const connection = this.#last ? "close" : request.version === "1.0" ? "keep-alive" : undefined;
    const { status, statusText, headers, trailers } = response;
    const now = writeHead({ status, statusText, headers, framing, connection }, out);
    if (content === null) return this.#answered(now, status);
    if (content instanceof Uint8Array) {
      // Bytes of the application may change as soon as `send` has returned; encoded text does not.
      if (content === response.body) out.copy(content);
      else out.give(content);
      return this.#answered(now, status, content.length);
    }
    this.#answering = true;
    this.#source = new BodySource(content);
    pump(this.#source, { framing, trailers }, this.#context).then(
      (size) => this.#answering && this.#answered(refreshDate(), status, size),
      (error) => this.#answering && this.#cut(error),
    );
  }

  /** The answer has been sent whole. */
  #answered(now: number, status = 200, size = 0): void {
    this.#log(status, size);
    this.#answering = false;
    this.#source = undefined;
    this.#request = undefined;
    this.#continuePending = false;
    this.#finish(true);
    if (this.#receiver !== undefined) {
      this.#step = this.#receiver.received;
      this.#receiver.body.discard();
    } else this.#patience.begin("idle", now);
    if (this.#last) this.#context.close();
    else this.#readOn();
  }

  /** A body that was promised cannot be sent whole: only the connection's end can say so. */
  #cut(cause: unknown): void {
    this.#answering = false;
    this.#context.fail(
      new GoerError("GOER_HANDLER", "Cannot send the body of an answer", { cause }),
    );
    if (this.#request?.version === "1.0") this.#context.connection.destroy();
  }

  upgrade<In, Out>(
    protocol: Protocol<In, Out>,
    { headers, handlers }: UpgradeOptions<In, Out>,
  ): Session<In, Out> {
    if (this.#request === undefined || this.#answering || this.#receiver !== undefined) {
      throw new GoerError(
        "GOER_NO_REQUEST",
        "Cannot upgrade the connection: no request waits for an answer, or its body is not read",
      );
    }
    const fields = headers instanceof HttpHeaders ? headers : new HttpHeaders(headers);
    const head = { statusText: undefined, framing: "none", connection: "Upgrade" } as const;
    writeHead({ ...head, status: 101, headers: fields }, this.#context.out);
    this.#log(101, 0);
    this.#request = undefined;
    this.#finish(true);
    this.#patience.cancel();
    const session = this.#context.upgrade(protocol, handlers);
    this.#context.flush();
    return session;
  }

  // Ending

  end(): void {
    this.#last = true;
    this.#plain = false;
    if (this.#receiver !== undefined) {
      const error = badBody("the client has gone before its end");
      this.#refuse(error);
      this.#context.fail(error);
    } else if (this.#request === undefined) this.#context.close();
  }

  drain(): void {
    this.#last = true;
    const idle = this.#request === undefined && this.#parser === undefined;
    if (idle && this.#receiver === undefined) this.#patience.begin("drain");
  }

  closing(out: SendBuffer, reason: "close" | "restart" | "error", error?: unknown): void {
    if (this.#request === undefined || this.#answering || reason === "close") return;
    this.#last = true;
    const status = error instanceof HttpError ? error.status : reason === "error" ? 500 : 503;
    writeError(status, out);
    this.#answered(refreshDate(), status);
  }

  closed(error?: Error): void {
    this.#patience.cancel();
    this.#answering = false;
    this.#request = undefined;
    this.#source?.stop();
    this.#receiver?.body.fail(error ?? badBody("the client has gone before its end"));
    this.#receiver = undefined;
    this.#finish(false);
  }

  /** The peer has taken too long. */
  expired(awaited: Awaited): void {
    if (awaited !== "body" && this.#parser === undefined) {
      this.#context.close();
      return;
    }
    const error = new HttpError(408, `Cannot read the request ${awaited}: the client is too slow`);
    this.#refuse(error);
    this.#context.fail(error);
  }

  /** Answers a request that cannot be served, unless its answer is on its way already. */
  #refuse(error: HttpError): void {
    this.#last = true;
    const answerable = this.#parser !== undefined || this.#request !== undefined;
    this.#receiver?.body.fail(error);
    this.#receiver = undefined;
    this.#parser = undefined;
    if (!answerable || this.#answering) return;
    writeError(error.status, this.#context.out);
    this.#log(error.status, 0);
    this.#request = undefined;
    this.#finish(true);
  }

  #finish(answered: boolean): void {
    const callbacks = this.#finished;
    if (callbacks === undefined) return;
    this.#finished = undefined;
    for (const callback of callbacks) callback(answered);
  }

  #log(status: number, size: number): void {
    const { accessLog } = this.#settings;
    if (accessLog === undefined) return;
    const duration = this.#request === undefined ? 0 : refreshDate() - this.#started;
    const { remoteAddress } = this.#context.connection;
    logAnswer({ request: this.#request, remoteAddress, status, size, duration }, accessLog);
  }
}
