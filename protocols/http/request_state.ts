/**
 * How requests end: with a response, or because the client disconnects first.
 *
 * @module
 */

import type { HttpRequest } from "./request.ts";

/** The state of one connection's requests, which are handled one after the other. */
export class RequestState {
  #controller: AbortController | undefined;
  #callbacks: (() => void)[] | undefined;
  /** The request whose client disconnected before its response. */
  #abandoned: HttpRequest | undefined;

  /**
   * The signal of a request: aborted if the client disconnects before the response.
   *
   * @param request The request.
   * @param current The request that is now waiting for its response.
   */
  signalOf(request: HttpRequest, current: HttpRequest | undefined): AbortSignal {
    if (request === this.#abandoned) return AbortSignal.abort();
    if (request !== current) return new AbortController().signal;
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Calls `callback` at the end of the current request. */
  finished(callback: () => void): void {
    (this.#callbacks ??= []).push(callback);
  }

  /** The client has disconnected, or ended its side, before the response to `request`. */
  abandon(request: HttpRequest | undefined): void {
    this.#abandoned = request;
    this.#controller?.abort();
  }

  /** The response has been sent, or never will be. */
  end(): void {
    this.#controller = undefined;
    const callbacks = this.#callbacks;
    if (callbacks === undefined) return;
    this.#callbacks = undefined;
    for (const callback of callbacks) callback();
  }
}
