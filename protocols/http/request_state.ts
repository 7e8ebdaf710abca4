/**
 * What becomes of requests: each is answered, or its client leaves before that.
 *
 * @module
 */

import type { HttpRequest } from "./request.ts";

/** The requests of one connection, one after the other. */
export class RequestState {
  #controller: AbortController | undefined;
  #callbacks: (() => void)[] | undefined;
  /** The request whose client left before its response. */
  #abandoned: HttpRequest | undefined;

  /**
   * The signal of a request: aborted if the client leaves before the response.
   *
   * @param request The request.
   * @param current The one that waits for its response now.
   */
  signalOf(request: HttpRequest, current: HttpRequest | undefined): AbortSignal {
    if (request === this.#abandoned) return AbortSignal.abort();
    if (request !== current) return new AbortController().signal;
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Calls `callback` at the end of the request that waits for its response now. */
  finished(callback: () => void): void {
    (this.#callbacks ??= []).push(callback);
  }

  /** The client has left, or ended its side, before the response to `request`. */
  abandon(request: HttpRequest | undefined): void {
    this.#abandoned = request;
    this.#controller?.abort();
  }

  /** The request has been answered, or never will be. */
  end(): void {
    this.#controller = undefined;
    const callbacks = this.#callbacks;
    if (callbacks === undefined) return;
    this.#callbacks = undefined;
    for (const callback of callbacks) callback();
  }
}
