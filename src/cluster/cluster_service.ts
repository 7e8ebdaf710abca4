/**
 * A service, as the cluster knows it.
 *
 * @module
 */

import type { GoerError } from "../errors.ts";
import type { Header, NodeService, Question } from "./envelope.ts";
import type { NodeId } from "./nodes.ts";

/** Messages of other processes to a service. */
export type ServiceHeader = Extract<Header, { service: string }> extends infer Any
  ? Exclude<Any, { type: "question" }>
  : never;

/** A service that is part of the cluster. */
export interface ClusterService {
  /** Services with the same name belong together, in any process. */
  readonly name: string;
  /** What this process does for the service. */
  readonly facts: NodeService;
  /** A message of another process has arrived. */
  receive(header: ServiceHeader, content: unknown): void;
  /** Answers a question of another process. */
  answer(question: Question): unknown;
  /** Another process has started to listen for joins and leaves. */
  listenerCame(node: NodeId): void;
  /** Another process has ended, with all its members. */
  nodeGone(node: NodeId): void;
  /** A bus is away, or refuses a message. */
  busFailed(error: GoerError): void;
}
