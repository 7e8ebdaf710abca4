/**
 * A service, as the cluster knows it.
 *
 * @module
 */

import type { GoerError } from "../errors.ts";
import type { Header, NodeService, Question } from "./envelope.ts";
import type { NodeId } from "./nodes.ts";

/** What other processes say to a service. */
export type ServiceHeader = Extract<Header, { service: string }> extends infer Any
  ? Exclude<Any, { type: "question" }>
  : never;

/** A service that takes part. */
export interface ClusterService {
  /** Services of one name belong together, in any process. */
  readonly name: string;
  /** What this process does for it. */
  readonly facts: NodeService;
  /** Another process says something. */
  receive(header: ServiceHeader, content: unknown): void;
  /** Another process asks something. */
  answer(question: Question): unknown;
  /** Another process has begun to listen for who joins and leaves. */
  listenerCame(node: NodeId): void;
  /** Another process is gone, with all its members. */
  nodeGone(node: NodeId): void;
  /** A bus is away, or refuses. */
  busFailed(error: GoerError): void;
}
