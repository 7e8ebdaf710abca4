/**
 * Those who wait for the outcome of a command: by numbers, which the state machine knows them by.
 *
 * @module
 */

import type { CommandReply } from "./messages.ts";

/** Takes what a command is answered. */
export type Reply = (reply: CommandReply) => void;

/** Those who wait. */
export class Requesters {
  readonly #replies = new Map<number, Reply>();
  #last = 0;

  /** Somebody waits: the number is never given again. */
  add(reply: Reply): number {
    this.#replies.set(++this.#last, reply);
    return this.#last;
  }

  /** Somebody waits no longer; returns the number. */
  remove(reply: Reply): number | undefined {
    for (const [requester, other] of this.#replies) {
      if (other !== reply) continue;
      this.#replies.delete(requester);
      return requester;
    }
  }

  /** Tells them how things go on. */
  progress(requesters: number[], text: string): void {
    for (const requester of requesters) {
      this.#replies.get(requester)?.({ type: "progress", text });
    }
  }

  /** Tells them what came of it; they wait no longer. */
  outcome(requesters: number[], ok: boolean, text: string): void {
    for (const requester of requesters) {
      this.#replies.get(requester)?.({ type: "outcome", ok, text });
      this.#replies.delete(requester);
    }
  }
}
