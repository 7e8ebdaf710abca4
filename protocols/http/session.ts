/**
 * The HTTP session of one connection: requests in, responses out, one after the other.
 *
 * @module
 */

import type { Connection } from "../../src/protocol/connection.ts";
import { GoerError } from "../../src/errors.ts";
import type { Protocol, SessionContext } from "../../src/protocol/protocol.ts";
import type { ReceiveBuffer, SendBuffer } from "../../src/protocol/buffers.ts";
import { HOLD, MORE, type Session } from "../../src/protocol/session.ts";
import { logResponse } from "./access_log.ts";
import { cancel, type HttpOutgoing, isMeantAsResponse, toResponse } from "./response_framing.ts";
import { RequestBody } from "./body.ts";
import { BodyReceiver } from "./body_receiver.ts";
import { refreshDate } from "./date.ts";
import { type HeadParser, returnParser, takeParser } from "./head_parser.ts";
import { badBody, HttpError, isPeersFault } from "./http_error.ts";
import type { HttpSettings } from "./settings.ts";
import { type Awaited, type TimeoutHandlers, Timeouts } from "./timeouts.ts";
import { prepare, writeAtOnce } from "./prepare_response.ts";
import { forward, HttpRequest, type RequestSession, type UpgradeOptions } from "./request.ts";
import { refusal } from "./refusal.ts";
import { RequestState } from "./request_state.ts";
import { HttpResponse } from "./response.ts";
import { PendingResponse, StreamedResponse } from "./streamed_response.ts";
import { fromWebResponse } from "./web_response.ts";
import { writeError, writeHead, writeLatin1, writeSwitch } from "./response_writer.ts";

/** The session of one connection. */
export class HttpSession
  implements Session<HttpRequest, HttpOutgoing>, RequestSession, TimeoutHandlers {
  readonly #context: SessionContext<HttpRequest, HttpOutgoing>;
  readonly #settings: HttpSettings;
  readonly #timeouts: Timeouts;
  /** Parses a head that has arrived in part. */
  #parser: HeadParser | undefined;
  /** The request whose response is not complete. */
  #request: HttpRequest | undefined;
  /** The body that is being received. */
  #receiver: BodyReceiver | undefined;
  /** The response that is being sent. */
  #sending: StreamedResponse | PendingResponse | undefined;
  /** True once the client has ended its side. */
  #peerEnded = false;
  /** True if the response needs only its text. */
  #plain = false;
  /** True if the connection ends after this response. */
  #last = false;
  /** True while the connection does not read, because of {@linkcode HOLD}. */
  #held = false;
  #served = 0;
  /** When the request was complete, in ms since 1970, for the access log. */
  #started = 0;
  readonly #requestState = new RequestState();
  readonly isPeersFault = isPeersFault;
  readonly refuse = cancel;

  /** @param settings The options of the protocol. */
  constructor(context: SessionContext<HttpRequest, HttpOutgoing>, settings: HttpSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#timeouts = new Timeouts(context, settings, this);
  }

  // For its requests

  get connection(): Connection<never> {
    return this.#context.connection;
  }

  get maxBodySize(): number {
    const { maxBodySize = this.#context.maxPacketSize } = this.#settings;
    return Math.min(maxBodySize, Number.MAX_SAFE_INTEGER);
  }

  get settings(): HttpSettings {
    return this.#settings;
  }

  finished(request: HttpRequest, callback: () => void): void {
    return request === this.#request ? this.#requestState.finished(callback) : callback();
  }

  responded(request: HttpRequest): boolean {
    return request !== this.#request || this.#sending !== undefined;
  }

  signalOf(request: HttpRequest): AbortSignal {
    return this.#requestState.signalOf(request, this.#request);
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
      // Responses are sent in the order of requests: the next request is read after this response.
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
      if (this.#timeouts.awaited !== "head") this.#timeouts.begin("head");
      return MORE;
    }
    const { bytes, start } = buffer;
    buffer.consume(length);
    this.#timeouts.end();
    const hasBody = parser.chunked || parser.contentLength > 0;
    const body = hasBody ? this.#openBody(parser, buffer) : undefined;
    const { accessLog, compression, maxRequestsPerConnection } = this.#settings;
    if (parser.close || (parser.minorVersion === 0 && !parser.keepAlive)) this.#last = true;
    if (++this.#served >= maxRequestsPerConnection) this.#last = true;
    if (accessLog !== undefined) this.#started = refreshDate();
    this.#plain = parser.minorVersion === 1 && parser.method !== "HEAD" &&
      accessLog === undefined && compression === undefined;
    this.#request = new HttpRequest(this, { parser, bytes, start, length }, body);
    if (this.#context.trustedProxies !== undefined) forward(this.#request, this.#context);
    if (this.#peerEnded) this.#requestState.abandon(this.#request);
    this.#parser = undefined;
    returnParser(parser);
    return this.#request;
  }

  /** The body of a request: complete if it came with the head, or filled as it arrives. */
  #openBody(parser: HeadParser, buffer: ReceiveBuffer): RequestBody {
    const { maxHeaderSize, maxHeaderCount } = this.#settings;
    const limits = { maxBodySize: this.maxBodySize, maxHeaderSize, maxHeaderCount };
    const body = new RequestBody(this);
    const receiver = new BodyReceiver(parser, body, limits);
    if (!receiver.receive(buffer)) {
      this.#receiver = receiver;
      receiver.awaitsContinue = parser.expectContinue && receiver.received === 0;
      if (!receiver.awaitsContinue) this.#timeouts.begin("body");
    }
    return body;
  }

  /** Receives more of a body, and returns whether it is complete. */
  #receiveBody(buffer: ReceiveBuffer, receiver: BodyReceiver): boolean {
    if (receiver.body.full) {
      this.#held = true;
      this.#timeouts.end();
      return false;
    }
    if (receiver.receive(buffer)) {
      this.#bodyEnds();
      return true;
    }
    const isRead = this.#request !== undefined;
    if (!isRead && receiver.isPastLimit) {
      this.#last = true;
      this.#bodyEnds();
      this.#context.close();
      return false;
    }
    const { bodyTimeout, minBodyRate } = this.#settings;
    const onTime = isRead && receiver.steps(minBodyRate * bodyTimeout / 1000);
    if (!receiver.awaitsContinue && (onTime || this.#timeouts.awaited !== "body")) {
      this.#timeouts.begin("body");
    }
    return false;
  }

  #bodyEnds(): void {
    this.#receiver = undefined;
    if (this.#request !== undefined) this.#timeouts.end();
    else this.#timeouts.begin(this.#last ? "drain" : "idle");
  }

  /** The reader of the body needs bytes. */
  wanted(): void {
    const receiver = this.#receiver;
    if (receiver?.awaitsContinue && this.#sending === undefined && receiver.body.awaited) {
      receiver.awaitsContinue = false;
      this.#timeouts.begin("body");
      writeLatin1("HTTP/1.1 100 Continue\r\n\r\n", this.#context.out);
      this.#context.flush();
    }
    this.#readOn();
  }

  /** Resumes reading if it was held back. */
  #readOn(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#context.proceed();
  }

  // Sending

  write(message: HttpOutgoing, out: SendBuffer): void {
    if (this.#request === undefined || this.#sending !== undefined) {
      cancel(message);
      throw new GoerError("GOER_NO_REQUEST", "Cannot send a response: no request waits for one");
    }
    const plain = this.#plain && !this.#last && this.#receiver === undefined;
    const now = plain ? writeAtOnce(message, out) : 0;
    if (now !== 0) return this.#responded(now);
    const response = toResponse(message);
    if (response instanceof HttpResponse) this.#respond(response, this.#request, out);
    else this.#respondLater(response, this.#request);
  }

  returned(request: HttpRequest, value: unknown): void {
    if (!this.responded(request) && isMeantAsResponse(value)) this.#context.connection.send(value);
  }

  reject(_request: HttpRequest, retryAfter: number | undefined): void {
    this.#context.connection.send(refusal(retryAfter));
  }

  /** The content of a web `Response` is available only after a few turns of promises. */
  async #respondLater(response: Response, request: HttpRequest): Promise<void> {
    const pending = this.#sending = new PendingResponse();
    try {
      const converted = await fromWebResponse(response);
      if (pending.stopped) return cancel(converted);
      this.#sending = undefined;
      this.#respond(converted, request, this.#context.out);
      this.#context.flush();
    } catch (cause) {
      if (pending.stopped) return;
      this.#sending = undefined;
      const error = new GoerError("GOER_HANDLER", "Cannot send a response", { cause });
      this.#refuse(cause instanceof HttpError ? cause : new HttpError(500, error.message));
      this.#context.fail(error);
    }
  }

  #respond(given: HttpResponse, request: HttpRequest, out: SendBuffer): void {
    const prepared = prepare(given, request, this.#settings.compression);
    const { response, framing, content, source } = prepared;
    if (prepared.closes || this.#receiver?.isTooMuch) this.#last = true;
    const connection = this.#last ? "close" : request.version === "1.0" ? "keep-alive" : undefined;
    const { status, statusText, headers, trailers } = response;
    const now = writeHead({ status, statusText, headers, framing, connection }, out);
    if (source === undefined) {
      // The application may change its bytes after `send` has returned; encoded text does not
      // change.
      if (content !== null && content === response.body) out.copy(content);
      else if (content !== null) out.give(content);
      return this.#responded(now, status, content?.length);
    }
    const waiting = () => this.#peerEnded && this.#timeouts.begin("piece");
    const options = { framing, headers, trailers, waiting };
    const sending = this.#sending = new StreamedResponse(source, options, this.#context);
    if (!this.connection.open) sending.endWith();
    sending.send().then(
      (size) => size !== undefined && this.#responded(refreshDate(), status, size),
      (error) => this.#sending === sending && sending.cut(error),
    );
  }

  /** The response is complete. */
  #responded(now: number, status = 200, size = 0): void {
    this.#log(status, size);
    this.#sending = undefined;
    this.#request = undefined;
    this.#requestState.end();
    this.#timeouts.begin(this.#receiver === undefined ? "idle" : "body", now);
    this.#receiver?.discard();
    this.#timeouts.leaves(size, this.#context);
    if (this.#last) this.#context.close();
    else this.#readOn();
  }

  upgrade<In, Out>(
    protocol: Protocol<In, Out>,
    { headers, handlers }: UpgradeOptions<In, Out>,
  ): Session<In, Out> {
    const isFree = this.#sending === undefined && this.#receiver === undefined;
    if (this.#request === undefined || !isFree) {
      throw new GoerError(
        "GOER_NO_REQUEST",
        "Cannot upgrade the connection: no request waits for a response, or its body is not read",
      );
    }
    writeSwitch(headers, this.#context.out);
    this.#log(101, 0);
    this.#request = undefined;
    this.#requestState.end();
    this.#timeouts.cancel();
    const session = this.#context.upgrade(protocol, handlers);
    this.#context.flush();
    return session;
  }

  // Ending

  peerEnded(): void {
    this.#peerEnded = true;
    this.#requestState.abandon(this.#request);
    if (this.#sending !== undefined) this.#timeouts.begin("piece");
  }

  end(): void {
    this.#last = true;
    this.#plain = false;
    if (this.#receiver !== undefined) {
      const error = badBody("the client disconnected before its end");
      this.#refuse(error);
      this.#context.fail(error);
    } else if (this.#request === undefined) this.#context.close();
  }

  get endless(): boolean {
    return this.#sending?.endless ?? false;
  }

  drain(): void {
    this.#last = true;
    const idle = this.#request === undefined && this.#parser === undefined;
    if (idle && this.#receiver === undefined) this.#timeouts.begin("drain");
  }

  closing(
    out: SendBuffer,
    reason: "close" | "restart" | "error",
    error?: unknown,
  ): "sending" | void {
    const sending = this.#sending;
    if (reason === "close" && sending?.fresh) {
      this.#last = true;
      sending.endWith();
      return "sending";
    }
    sending?.stop();
    if (this.#request === undefined || sending !== undefined || reason === "close") return;
    this.#last = true;
    const status = error instanceof HttpError ? error.status : reason === "error" ? 500 : 503;
    writeError(status, this.#request.method, out);
    this.#responded(refreshDate(), status);
  }

  closed(error?: Error): void {
    this.#timeouts.cancel();
    this.#requestState.abandon(this.#request);
    this.#request = undefined;
    this.#sending?.stop();
    this.#receiver?.body.fail(error ?? badBody("the client disconnected before its end"));
    this.#receiver = undefined;
    this.#requestState.end();
  }

  /** The peer has taken too long. */
  expired(awaited: Awaited): void {
    // A client that reads queued bytes is alive: the wait begins again.
    const waits = this.connection.bufferedBytes > 0;
    const isTaken = waits && (awaited === "piece" || this.#context.advancing());
    if (isTaken) return this.#timeouts.begin(awaited);
    if (awaited === "piece") return this.#context.terminate();
    if (awaited !== "body" && this.#parser === undefined) return this.#context.close();
    const error = new HttpError(408, `Cannot read the request ${awaited}: the client is too slow`);
    this.#refuse(error);
    this.#context.fail(error);
  }

  /** Responds to a request that cannot be served, unless its response has begun. */
  #refuse(error: HttpError): void {
    this.#last = true;
    const mayRespond = this.#parser !== undefined || this.#request !== undefined;
    const method = this.#request?.method ?? this.#parser?.method;
    this.#receiver?.body.fail(error);
    this.#receiver = this.#parser = undefined;
    this.#sending?.stop();
    if (!mayRespond || this.#sending !== undefined) return;
    writeError(error.status, method, this.#context.out);
    this.#log(error.status, 0);
    this.#request = undefined;
    this.#requestState.end();
  }

  #log(status: number, size: number): void {
    const { accessLog } = this.#settings;
    if (accessLog === undefined) return;
    const duration = this.#request === undefined ? 0 : Math.round(refreshDate() - this.#started);
    const context = this.#context;
    logResponse({ request: this.#request, context, status, size, duration }, accessLog);
  }
}
