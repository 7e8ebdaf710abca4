/**
 * Requests that wait for their turn.
 *
 * @module
 */

import type { Request } from "./events.ts";

/** One command, and all who asked for it. */
export interface QueuedRequest {
  command: Request["command"];
  requesters: number[];
  /** A signal asked for it: nobody waits, and it is begun all the same. */
  signalled: boolean;
}

/** A request that nobody else has made yet. */
export function queued({ command, requester }: Request): QueuedRequest {
  const signalled = requester === undefined;
  return { command, requesters: signalled ? [] : [requester], signalled };
}

/** Requests in the order of their arrival. Those alike share a place, unless the first is in hand. */
export class RequestQueue {
  #requests: QueuedRequest[] = [];
  /** The first is being worked on: it can be neither joined nor abandoned. */
  inHand = false;

  /** The next, or the one in hand. */
  get first(): QueuedRequest | undefined {
    return this.#requests[0];
  }

  /** All who wait. */
  get requesters(): number[] {
    return this.#requests.flatMap((one) => one.requesters);
  }

  /** What signals have asked for and is not begun. */
  get signalled(): Request["command"][] {
    return this.#waiting.filter(({ signalled }) => signalled).map(({ command }) => command);
  }

  add(request: Request): void {
    const alike = this.#waiting.find((one) => one.command === request.command);
    if (alike === undefined) return this.put(queued(request));
    if (request.requester === undefined) alike.signalled = true;
    else alike.requesters.push(request.requester);
  }

  /** Adds one at the end, with all who asked for it. */
  put(request: QueuedRequest): void {
    this.#requests.push(request);
  }

  /** Removes the first. */
  shift(): QueuedRequest | undefined {
    this.inHand = false;
    return this.#requests.shift();
  }

  /** Removes all. */
  clear(): QueuedRequest[] {
    this.inHand = false;
    return this.#requests.splice(0);
  }

  /** Someone has gone. What nobody waits for any more is not begun. */
  abandon(requester: number): void {
    for (const request of this.#requests) {
      request.requesters = request.requesters.filter((one) => one !== requester);
    }
    const abandoned = new Set(
      this.#waiting.filter((one) => !one.signalled && one.requesters.length === 0),
    );
    this.#requests = this.#requests.filter((one) => !abandoned.has(one));
  }

  get #waiting(): QueuedRequest[] {
    return this.#requests.slice(this.inHand ? 1 : 0);
  }
}
