/**
 * From a request of HTTP to a WebSocket connection: the same way for a service that speaks WebSocket
 * alone and for one that speaks HTTP beside it.
 *
 * @module
 */

import type { Connection } from "../../src/connection/types.ts";
import { GoerError } from "../../src/errors.ts";
import type { HttpRequest } from "../http/mod.ts";
import type { SessionProtocol, UpgradeHandlers } from "../protocol.ts";
import type { CloseStatus } from "./close.ts";
import { type Acceptance, answerUpgrade, applyDecision, type Refusal } from "./handshake.ts";
import type {
  UpgradeDecision,
  WebSocketMessage,
  WebSocketOutgoing,
  WebSocketSettings,
} from "./options.ts";
import { type Settled, WebSocketSession } from "./session.ts";

/** What there is to know of a WebSocket connection beside what every connection tells. */
export interface WebSocketDetails {
  /** The request target that the client asked for: `"/chat?room=1"`. */
  readonly target: string;
  /** The subprotocol that is spoken; `""` for none. */
  readonly subprotocol: string;
  /** True where messages may be compressed. */
  readonly compressed: boolean;
  /** How the peer closed; `undefined` until it has, 1006 where it went without a word. */
  readonly closeStatus: CloseStatus | undefined;
}

/**
 * Finds the session of a connection.
 *
 * @param connection The connection.
 * @returns The session; undefined where the connection does not speak WebSocket.
 */
export function sessionOf(connection: Connection<never>): WebSocketSession | undefined {
  const { session } = connection as { session?: unknown };
  return session instanceof WebSocketSession ? session : undefined;
}

/**
 * The protocol of one connection after its handshake.
 *
 * @param settings The options.
 * @param settled What the handshake settled.
 * @returns The protocol.
 */
export function framesProtocol(
  settings: WebSocketSettings,
  settled: Settled,
): SessionProtocol<WebSocketMessage, WebSocketOutgoing> {
  return {
    name: "websocket",
    open: (context) => new WebSocketSession(context, settings, settled),
  };
}

/** What goes with {@linkcode upgradeRequest}. */
export interface UpgradePlan {
  /** The options of the protocol. */
  settings: WebSocketSettings;
  /** The handlers from then on; by default those of the service. */
  handlers?: UpgradeHandlers<WebSocketMessage, WebSocketOutgoing>;
  /** Sends the answer of a request that is refused. */
  refuse(refusal: Refusal): void;
}

/**
 * Answers a request to speak WebSocket, once the application has agreed.
 *
 * @param connection The connection that the request came on.
 * @param request The request.
 * @param plan What to do.
 * @returns A promise where `onUpgrade` gave one.
 * @throws {GoerError} Where `onUpgrade` failed: `GOER_HANDLER`.
 */
export function upgradeRequest(
  connection: Connection<never>,
  request: HttpRequest,
  plan: UpgradePlan,
): void | Promise<void> {
  const answer = answerUpgrade(request, plan.settings);
  if ("body" in answer) return plan.refuse(answer);
  const decide = (decision: UpgradeDecision | void) => {
    finish(request, applyDecision(answer, decision), plan);
  };
  const fail = (cause: unknown): never => {
    throw upgradeError(connection, cause);
  };
  try {
    const decision = plan.settings.onUpgrade?.(request, connection);
    return decision instanceof Promise ? decision.then(decide).catch(fail) : decide(decision);
  } catch (cause) {
    return fail(cause);
  }
}

function finish(request: HttpRequest, answer: Refusal | Acceptance, plan: UpgradePlan): void {
  const { settings, handlers } = plan;
  if ("body" in answer) return plan.refuse(answer);
  const { agreement, subprotocol } = answer;
  const settled = { client: false, agreement, target: request.target, subprotocol };
  const protocol = framesProtocol(settings, settled);
  request.upgrade(protocol, { headers: answer.headers, handlers });
}

function upgradeError(connection: Connection<never>, cause: unknown): GoerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GoerError(
    "GOER_HANDLER",
    `onUpgrade failed for ${connection.remoteAddress}: ${reason}`,
    { cause },
  );
}
