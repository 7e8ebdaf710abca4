/**
 * The `Request` of an app: a view of Goer's own request, which becomes native only when necessary.
 *
 * @module
 */

import { promised } from "../../../src/calls.ts";
import type { HttpRequest } from "../request.ts";
import { LightHeaders } from "./light_headers.ts";
import { hasWebBody, makeNativeRequest } from "./native_request.ts";
import { NativeRequest, NativeResponse, standFor } from "./natives.ts";

/** A target that the URL standard does not change: no dot segments, nothing to encode. */
const PLAIN_TARGET =
  /^(?!.*(?:\/\.|%2e))\/[\w\-.~!$&()*+,;=:@/%]*(?:\?[\w\-.~!$&()*+,;=:@/?%]*)?$/i;

const utf8 = new TextDecoder();

/** A `Request` that creates URL, header fields, signal and body when they are first used. */
export class LazyRequest implements Partial<Request> {
  readonly #request: HttpRequest;
  #url: string | undefined;
  #headers: LightHeaders | undefined;
  #native: Request | undefined;

  /** @param request The underlying request. */
  constructor(request: HttpRequest) {
    this.#request = request;
  }

  /** The native request of a lazy one. Other values are returned unchanged. */
  static unwrap(value: unknown): unknown {
    const isLazy = typeof value === "object" && value !== null && #request in value;
    return isLazy ? value.#toNative() : value;
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#url ??= serializedUrl(this.#request);
  }

  get headers(): Headers {
    return this.#headers ??= LightHeaders.view(this.#request.headers);
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return hasWebBody(this.#request) ? this.#toNative().body : null;
  }

  get bodyUsed(): boolean {
    return hasWebBody(this.#request) && (this.#native?.bodyUsed ?? this.#request.bodyUsed);
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read(({ buffer, byteOffset, byteLength }) =>
      byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
    );
  }

  blob(): Promise<Blob> {
    return this.#read((bytes) => this.#responseOf(bytes).blob());
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read((bytes) => bytes);
  }

  formData(): Promise<FormData> {
    return this.#read((bytes) => this.#responseOf(bytes).formData());
  }

  json(): Promise<unknown> {
    return this.#read((bytes) => JSON.parse(utf8.decode(bytes)));
  }

  text(): Promise<string> {
    return this.#read((bytes) => utf8.decode(bytes));
  }

  clone(): Request {
    return this.#toNative().clone();
  }

  /** Reads the whole body and converts it. */
  #read<Result>(
    make: (bytes: Uint8Array<ArrayBuffer>) => Result | Promise<Result>,
  ): Promise<Result> {
    const native = this.#native;
    // Early versions of Node 20 have no `bytes`.
    if (native !== undefined) {
      return native.arrayBuffer().then((buffer) => make(new Uint8Array(buffer)));
    }
    if (!hasWebBody(this.#request)) return promised(() => make(new Uint8Array()));
    return this.#request.bytes().then(make as (bytes: Uint8Array) => Result | Promise<Result>);
  }

  /** A native response with the same body and type, which can convert the body to all formats. */
  #responseOf(bytes: Uint8Array<ArrayBuffer>): Response {
    const type = this.headers.get("content-type");
    return new NativeResponse(bytes, {
      headers: type === null ? undefined : { "content-type": type },
    });
  }

  #toNative(): Request {
    if (this.#native !== undefined) return this.#native;
    const native = makeNativeRequest(this.#request, this.#headers);
    this.#headers?.become(native.headers);
    return this.#native = native;
  }

  static {
    const sample = new NativeRequest("http://localhost/");
    standFor(LazyRequest, sample, (request: LazyRequest) => request.#toNative());
  }
}

/** The URL in the format of the URL standard. */
function serializedUrl({ target, url }: HttpRequest): string {
  return PLAIN_TARGET.test(target) ? url : new URL(url).href;
}
