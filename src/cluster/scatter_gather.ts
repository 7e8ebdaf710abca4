/**
 * Asks every process a question, such as how many connections are in a group.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { timers } from "../timer/timers.ts";
import type { NodeId } from "./nodes.ts";

/** A question, and the processes that have not answered it yet. */
interface Pending {
  missing: Set<NodeId>;
  values: unknown[];
  resolve(values: unknown[]): void;
  reject(error: GoerError): void;
}

/** The pending questions. */
export class ScatterGather {
  readonly #timeout: number;
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  /** @param timeout How long to wait for answers, in ms. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /**
   * Asks, and settles with the answers of all processes that have not ended.
   *
   * @throws {GoerError} `GOER_BUS` if a process does not answer in time, or fails to.
   */
  ask(nodes: NodeId[], send: (id: number) => void): Promise<unknown[]> {
    if (nodes.length === 0) return Promise.resolve([]);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const missing = new Set(nodes);
      const late = timers.after(this.#timeout, () => {
        this.#fail(id, `${[...missing].join(", ")} did not answer within ${this.#timeout} ms`);
      });
      const settle = <Value>(then: (value: Value) => void) => (value: Value) => {
        late.cancel();
        this.#pending.delete(id);
        then(value);
      };
      this.#pending.set(id, {
        missing,
        values: [],
        resolve: settle(resolve),
        reject: settle(reject),
      });
      send(id);
    });
  }

  /** An answer has arrived. */
  answered(id: number, from: NodeId, value: unknown, error?: string): void {
    const question = this.#pending.get(id);
    if (question === undefined || !question.missing.delete(from)) return;
    if (error !== undefined) return this.#fail(id, `${from} cannot answer: ${error}`);
    question.values.push(value);
    if (question.missing.size === 0) question.resolve(question.values);
  }

  /** A process has ended: no answer is expected from it any more. */
  gone(node: NodeId): void {
    for (const question of [...this.#pending.values()]) {
      if (!question.missing.delete(node)) continue;
      if (question.missing.size === 0) question.resolve(question.values);
    }
  }

  #fail(id: number, reason: string): void {
    this.#pending.get(id)?.reject(new GoerError("GOER_BUS", `Cannot ask all processes: ${reason}`));
  }
}
