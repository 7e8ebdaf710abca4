/**
 * The other processes that this one knows.
 *
 * @module
 */

import type { NodeInfo, NodeService } from "./envelope.ts";

/** A process: the id of its site (what one supervisor has started), a colon, its number there. */
export type NodeId = string;

/** The id of a process. */
export function nodeId(site: string, worker: number): NodeId {
  return `${site}:${worker}`;
}

/** The site of a process. */
export function siteOf(node: NodeId): string {
  return node.slice(0, node.lastIndexOf(":"));
}

/** The number of a process in its site. */
export function workerOf(node: NodeId): number {
  return Number(node.slice(node.lastIndexOf(":") + 1));
}

/** Another process. */
export interface Node {
  readonly id: NodeId;
  info: NodeInfo;
  /** When it last sent something, in ms of the monotonic clock. */
  seen: number;
}

/** All known processes. */
export class NodeTable {
  readonly #nodes = new Map<NodeId, Node>();
  readonly #waiting = new Set<() => void>();

  get size(): number {
    return this.#nodes.size;
  }

  /** All processes, in the order in which they appeared. */
  get all(): Node[] {
    return [...this.#nodes.values()];
  }

  has(id: NodeId): boolean {
    return this.#nodes.has(id);
  }

  /** Stores the state of a process. Returns its previous state. */
  update(id: NodeId, info: NodeInfo): NodeInfo | undefined {
    const known = this.#nodes.get(id);
    const before = known?.info;
    if (known === undefined) this.#nodes.set(id, { id, info, seen: performance.now() });
    else {
      known.info = info;
      known.seen = performance.now();
    }
    this.#tell();
    return before;
  }

  /** Removes a process. Returns false if it was not known. */
  remove(id: NodeId): boolean {
    const known = this.#nodes.delete(id);
    this.#tell();
    return known;
  }

  /** The processes for which `fit` is true of a service. */
  with(service: string, fit: (facts: NodeService) => boolean): Node[] {
    return this.all.filter(({ info }) => {
      const facts = Object.hasOwn(info.services, service) ? info.services[service] : undefined;
      return facts !== undefined && fit(facts);
    });
  }

  /** Settles when `condition` is true. It is checked after each change. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #tell(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
