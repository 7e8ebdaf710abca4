/**
 * The `Response` of an app, which keeps its body as it was given, to send it without a stream.
 *
 * @module
 */

import { copyOf, isBytes } from "../../../src/bytes/outgoing.ts";
import type { SendBuffer } from "../../../src/protocol/buffers.ts";
import { HttpHeaders } from "../headers.ts";
import { HttpResponse } from "../response.ts";
import { writeTyped } from "../text_response.ts";
import { LightHeaders } from "./light_headers.ts";
import { NativeResponse, standFor } from "./natives.ts";

/** A body that does not need a stream. */
type LightBody = string | Uint8Array<ArrayBuffer> | null;

/** A body that has been accessed. Two responses can share it: `new Response(other.body)`. */
interface ReadableBody {
  /** The whole content. */
  readonly content: LightBody;
  /** The native response that has created the stream, and reads it. */
  readonly reader: Response;
}

const CONTENT_TYPE = "content-type";

/** The content type of text, according to the Fetch standard. */
const TEXT_TYPE = "text/plain;charset=UTF-8";

/** The content type of JSON: Bun adds the character set. */
const JSON_TYPE = NativeResponse.json(0).headers.get(CONTENT_TYPE)!;

/** The statuses without a body. */
const NULL_BODY_STATUSES: readonly number[] = [204, 205, 304];

/** The streams of light responses. */
const streams = new WeakMap<ReadableStream, ReadableBody>();

/** A `Response` that creates header fields and streams when they are first used. */
export class LightResponse implements Response {
  /** Newer runtimes have it. The native response provides it. */
  declare readonly textStream: () => ReadableStream<string>;
  #body: LightBody = null;
  #status = 200;
  /** The content type from the body: a field, unless there is another one. */
  #type: string | undefined;
  /** The header fields, once there are others than the content type. */
  #headers: LightHeaders | undefined;
  #readable: ReadableBody | undefined;
  /** Does everything if the body is not text or bytes, or the runtime needs a native response. */
  #native: Response | undefined;

  /**
   * Same as the constructor of `Response`.
   *
   * @throws {RangeError | TypeError} Same as the constructor of `Response`.
   */
  constructor(body?: BodyInit | null, init?: ResponseInit) {
    const isLight = this.#take(body) && (init === undefined || this.#accept(init));
    if (!isLight) this.#native = new NativeResponse(body, init);
  }

  /** Same as `Response.json`. */
  static json(value: unknown, init?: ResponseInit): Response {
    const text: string | undefined = JSON.stringify(value);
    const response = new LightResponse(null, init);
    const isLight = response.#native === undefined && text !== undefined;
    if (!isLight || NULL_BODY_STATUSES.includes(response.#status)) {
      return NativeResponse.json(value, init);
    }
    response.#body = text;
    response.#type = JSON_TYPE;
    if (response.#headers !== undefined) response.#nameType(response.#headers);
    return response;
  }

  /** Same as `Response.redirect`. */
  static redirect(url: string | URL, status?: number): Response {
    return NativeResponse.redirect(url, status);
  }

  /** Same as `Response.error`. */
  static error(): Response {
    return NativeResponse.error();
  }

  /** Native responses are instances as well. */
  static [Symbol.hasInstance](value: unknown): boolean {
    if (this !== LightResponse) return Function.prototype[Symbol.hasInstance].call(this, value);
    return value instanceof NativeResponse;
  }

  /**
   * Writes the response to `out` if it is text with status 200 and no field except its content
   * type.
   *
   * @returns The time of the response, in ms since 1970; 0 if nothing was written.
   */
  static write(response: Response, out: SendBuffer): number {
    if (!(#body in response) || !response.#isAtHand) return 0;
    if (response.#status !== 200 || typeof response.#body !== "string") return 0;
    const headers = response.#headers;
    const type = headers === undefined ? response.#type : LightHeaders.onlyTypeOf(headers);
    return type === undefined ? 0 : writeTyped(response.#body, type, out);
  }

  /** True for a response of this class: it has the media type of its body, also on Bun. */
  static made(response: Response): boolean {
    return #body in response;
  }

  /** Converts a response whose body is available; `undefined` for any other. */
  static contentOf(response: Response): HttpResponse | undefined {
    if (!(#body in response) || !response.#isAtHand) return undefined;
    const headers = LightHeaders.fieldsOf(response.headers);
    return new HttpResponse(response.#body, { status: response.#status, headers });
  }

  /** True if the body can be sent as it was given. */
  get #isAtHand(): boolean {
    const readable = this.#readable;
    return this.#native === undefined && (readable === undefined || isFresh(readable));
  }

  /** Stores a body, and returns whether it is text or bytes. */
  #take(body: BodyInit | null | undefined): boolean {
    if (body === null || body === undefined) return true;
    if (typeof body === "string") {
      this.#body = body;
      this.#type = TEXT_TYPE;
      return true;
    }
    const readable = streams.get(body as ReadableStream);
    if (readable !== undefined && isFresh(readable)) this.#readable = readable;
    const content = this.#readable?.content ?? copyOfBuffer(body);
    if (content === undefined) return false;
    this.#body = content;
    return true;
  }

  /** Stores status and header fields, and returns whether no native response is needed. */
  #accept(init: ResponseInit): boolean {
    if (typeof init !== "object" || init === null) return false;
    const { headers, status = 200, statusText = "" } = init;
    if (!Number.isInteger(status) || status < 200 || status > 599 || statusText !== "") {
      return false;
    }
    if (this.#body !== null && NULL_BODY_STATUSES.includes(status)) return false;
    this.#status = status;
    if (headers === undefined) return true;
    try {
      this.#headers = LightHeaders.from(headers);
    } catch {
      return false; // The native one throws the right error.
    }
    this.#nameType(this.#headers);
    return true;
  }

  /** Adds the content type from the body if there is no other. */
  #nameType(headers: LightHeaders): LightHeaders {
    if (this.#type !== undefined && !headers.has(CONTENT_TYPE)) {
      headers.append(CONTENT_TYPE, this.#type);
    }
    return headers;
  }

  get status(): number {
    return this.#native?.status ?? this.#status;
  }

  get statusText(): string {
    return this.#native?.statusText ?? "";
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get type(): ResponseType {
    return this.#native?.type ?? "default";
  }

  get url(): string {
    return this.#native?.url ?? "";
  }

  get redirected(): boolean {
    return this.#native?.redirected ?? false;
  }

  get headers(): Headers {
    if (this.#headers !== undefined) return this.#headers;
    if (this.#native !== undefined) return this.#native.headers;
    return this.#headers = this.#nameType(LightHeaders.view(new HttpHeaders()));
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    const isEmpty = this.#native === undefined && this.#body === null;
    return isEmpty ? null : this.#reader.body;
  }

  get bodyUsed(): boolean {
    return (this.#native ?? this.#readable?.reader)?.bodyUsed ?? false;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#reader.arrayBuffer();
  }

  blob(): Promise<Blob> {
    return this.#reader.blob();
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#reader.bytes();
  }

  formData(): Promise<FormData> {
    return this.#reader.formData();
  }

  json(): Promise<unknown> {
    return this.#reader.json();
  }

  text(): Promise<string> {
    return this.#reader.text();
  }

  clone(): Response {
    if (this.#native !== undefined || this.#readable !== undefined) return this.#toNative().clone();
    const clone = new LightResponse();
    clone.#body = this.#body;
    clone.#status = this.#status;
    clone.#type = this.#type;
    if (this.#headers !== undefined) clone.#headers = LightHeaders.from(this.#headers);
    return clone;
  }

  /** The native response that reads the body. */
  get #reader(): Response {
    return this.#native ?? (this.#readable ??= this.#makeReadable()).reader;
  }

  #makeReadable(): ReadableBody {
    const type = this.headers.get(CONTENT_TYPE);
    const reader = new NativeResponse(this.#body, {
      headers: type === null ? undefined : { [CONTENT_TYPE]: type },
    });
    const readable = { content: this.#body, reader };
    if (reader.body !== null) streams.set(reader.body, readable);
    return readable;
  }

  #toNative(): Response {
    if (this.#native !== undefined) return this.#native;
    const { headers } = this;
    const body = this.#readable?.reader.body ?? this.#body;
    const native = new NativeResponse(body, { status: this.#status, headers });
    if (!headers.has(CONTENT_TYPE)) native.headers.delete(CONTENT_TYPE);
    this.#headers?.become(native.headers);
    return this.#native = native;
  }

  static {
    Object.setPrototypeOf(LightResponse, NativeResponse);
    Object.defineProperty(LightResponse, "name", { value: "Response" });
    standFor(
      LightResponse,
      new NativeResponse(),
      (response: LightResponse) => response.#toNative(),
    );
  }
}

/** Copies the bytes of an array, a buffer or a view; `undefined` for anything else. */
function copyOfBuffer(body: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (isBytes(body)) return copyOf(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body.slice(0));
  if (!ArrayBuffer.isView(body)) return undefined;
  return copyOf(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
}

/** True if nothing has begun to read a body. */
function isFresh({ reader }: ReadableBody): boolean {
  return !reader.bodyUsed && reader.body?.locked !== true;
}
