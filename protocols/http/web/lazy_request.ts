/**
 * The `Request` of an app: a view of Goer's own request, which becomes a native one only where it has to.
 *
 * @module
 */

import type { HttpRequest } from "../request.ts";
import { LightHeaders } from "./light_headers.ts";
import { hasWebBody, makeNativeRequest } from "./native_request.ts";
import { NativeRequest, NativeResponse, standFor } from "./natives.ts";

/** A target that the URL standard leaves as it is: no dots that lead up, nothing to encode. */
const PLAIN_TARGET =
  /^(?!.*(?:\/\.|%2e))\/[\w\-.~!$&()*+,;=:@/%]*(?:\?[\w\-.~!$&()*+,;=:@/?%]*)?$/i;

const utf8 = new TextDecoder();

/** A `Request` that makes URL, header fields, signal and body only when they are asked for. */
export class LazyRequest implements Partial<Request> {
  readonly #request: HttpRequest;
  #url: string | undefined;
  #headers: LightHeaders | undefined;
  #native: Request | undefined;

  /** @param request The request that it views. */
  constructor(request: HttpRequest) {
    this.#request = request;
  }

  /** The native request of a lazy one; any other value as it is. */
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

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    const { buffer, byteLength } = bytes;
    return byteLength === buffer.byteLength ? buffer : bytes.slice().buffer;
  }

  async blob(): Promise<Blob> {
    return (await this.#wholeResponse()).blob();
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    // Node 20 has no `bytes` from its begin.
    if (this.#native !== undefined) return new Uint8Array(await this.#native.arrayBuffer());
    if (!hasWebBody(this.#request)) return new Uint8Array();
    return await this.#request.bytes() as Uint8Array<ArrayBuffer>;
  }

  async formData(): Promise<FormData> {
    return (await this.#wholeResponse()).formData();
  }

  async json(): Promise<unknown> {
    return JSON.parse(utf8.decode(await this.bytes()));
  }

  async text(): Promise<string> {
    return utf8.decode(await this.bytes());
  }

  clone(): Request {
    return this.#toNative().clone();
  }

  /** A native response of the same body and type: it knows the forms that a body can be read in. */
  async #wholeResponse(): Promise<Response> {
    const bytes = await this.bytes();
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

/** The URL as the URL standard writes it. */
function serializedUrl({ target, url }: HttpRequest): string {
  return PLAIN_TARGET.test(target) ? url : new URL(url).href;
}
