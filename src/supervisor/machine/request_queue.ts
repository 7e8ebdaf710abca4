/**
 * Requests that wait for their turn.
 *
 * @module
 */

import type { ReloadPlan } from "../ipc/messages.ts";
import type { Request } from "./events.ts";

/** A command, and all requesters. */
export interface QueuedRequest {
  command: Request["command"];
  requesters: number[];
  /** For a reload. */
  plan?: ReloadPlan;
  /** True if a signal requested it: it starts even if all requesters have disconnected. */
  signalled: boolean;
}

/** A request with one requester. */
export function queued({ command, requester, plan }: Request): QueuedRequest {
  const signalled = requester === undefined;
  return { command, plan, requesters: signalled ? [] : [requester], signalled };
}

function areAlike(one: Request | QueuedRequest, other: QueuedRequest): boolean {
  const { batch, canary, watch } = one.plan ?? {};
  const { plan = {} } = other;
  return one.command === other.command && batch === plan.batch && canary === plan.canary &&
    watch === plan.watch;
}

/** What it is called at the beginning of a message. */
export function titleOf({ command }: QueuedRequest): string {
  return command[0].toUpperCase() + command.slice(1);
}

/** Requests in the order of arrival. Equal ones are merged, unless the first is in progress. */
export class RequestQueue {
  #requests: QueuedRequest[] = [];
  /** True if the first is in progress: it can be neither merged nor cancelled. */
  inHand = false;

  /** The next request, or the one in progress. */
  get first(): QueuedRequest | undefined {
    return this.#requests[0];
  }

  /** All requesters. */
  get requesters(): number[] {
    return this.#requests.flatMap((one) => one.requesters);
  }

  /** The commands that signals requested and that have not started. */
  get signalled(): Request["command"][] {
    return this.#waiting.filter(({ signalled }) => signalled).map(({ command }) => command);
  }

  add(request: Request): void {
    const alike = this.#waiting.find((one) => areAlike(request, one));
    if (alike === undefined) return this.put(queued(request));
    if (request.requester === undefined) alike.signalled = true;
    else alike.requesters.push(request.requester);
  }

  /** Appends a request with all its requesters. */
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

  /** A requester has disconnected. A request without requesters is dropped. */
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
