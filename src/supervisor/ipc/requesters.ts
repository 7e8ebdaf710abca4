/**
 * The clients that wait for the outcome of a command, by numbers that the state machine uses.
 *
 * @module
 */

import type { CommandReply } from "./messages.ts";

/** Receives the replies to a command. */
export type Reply = (reply: CommandReply) => void;

/** The waiting clients. */
export class Requesters {
  readonly #replies = new Map<number, Reply>();
  #last = 0;
  /** Called with each report of progress, also if no client waits. */
  onProgress: ((text: string) => void) | undefined;

  /** How many clients wait. */
  get size(): number {
    return this.#replies.size;
  }

  /** Adds a client. Its number is never reused. */
  add(reply: Reply): number {
    this.#replies.set(++this.#last, reply);
    return this.#last;
  }

  /** Removes a client; returns its number. */
  remove(reply: Reply): number | undefined {
    for (const [requester, other] of this.#replies) {
      if (other !== reply) continue;
      this.#replies.delete(requester);
      return requester;
    }
  }

  /** Reports progress. */
  progress(requesters: number[], text: string): void {
    for (const requester of requesters) {
      this.#replies.get(requester)?.({ type: "progress", text });
    }
    this.onProgress?.(text);
  }

  /** Tells all what they wait for. */
  tellAll(text: string): void {
    for (const reply of this.#replies.values()) reply({ type: "progress", text, live: true });
  }

  /** Reports the outcome, and removes the clients. */
  outcome(requesters: number[], ok: boolean, text: string): void {
    for (const requester of requesters) {
      this.#replies.get(requester)?.({ type: "outcome", ok, text });
      this.#replies.delete(requester);
    }
  }
}
