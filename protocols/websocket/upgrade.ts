/**
 * From a request of HTTP to a WebSocket connection: the same way for a service that speaks WebSocket
 * alone and for one that speaks HTTP beside it.
 *
 * @module
 */

import type { Connection } from "../../src/protocol/connection.ts";
import { GoerError } from "../../src/errors.ts";
import { isPromiseLike, whenSettled } from "../../src/promises.ts";
import type { HttpRequest } from "../http/mod.ts";
import type { SessionProtocol, UpgradeHandlers } from "../../src/protocol/protocol.ts";
import {
  type Acceptance,
  answerUpgrade,
  applyDecision,
  type Refusal,
  refuseOrigin,
} from "./handshake.ts";
import type { WebSocketConnection, WebSocketMessage, WebSocketOutgoing } from "./connection.ts";
import type { WebSocketHandlers } from "./options.ts";
import type { WebSocketSettings } from "./settings.ts";
import { type HandshakeResult, WebSocketSession } from "./session.ts";

/**
 * The protocol of one connection after its handshake.
 *
 * @param settings The options.
 * @param handshake What the handshake agreed on.
 * @returns The protocol.
 */
export function framesProtocol(
  settings: WebSocketSettings,
  handshake: HandshakeResult,
): SessionProtocol<WebSocketMessage, WebSocketOutgoing> {
  return {
    name: "websocket",
    open: (context) => new WebSocketSession(context, settings, handshake),
  };
}

/** The handlers of a connection from its upgrade on. */
export interface WebSocketUpgradeHandlers<State = unknown>
  extends
    UpgradeHandlers<WebSocketMessage, WebSocketOutgoing, WebSocketConnection<State>>,
    Pick<WebSocketHandlers<State>, "onPong"> {}

/** What goes with {@linkcode upgradeRequest}. */
export interface UpgradePlan {
  /** The options of the protocol. */
  settings: WebSocketSettings;
  /** Decides on the request. */
  onUpgrade: WebSocketHandlers["onUpgrade"];
  /** The handlers from then on; by default those of the service. */
  handlers?: WebSocketUpgradeHandlers;
  /** Sends the answer of a request that is refused. */
  refuse(refusal: Refusal): void;
}

/** What is answered. */
type Answer = Refusal | Acceptance;

/**
 * Answers a request to speak WebSocket, once the application has agreed.
 *
 * @param connection The connection that the request came on.
 * @param request The request.
 * @param plan What to do.
 * @returns A promise if the application returned one. If the client leaves before, nothing is answered.
 * @throws {GoerError} `GOER_HANDLER` if the application does not decide as it must.
 */
export function upgradeRequest(
  connection: Connection<never>,
  request: HttpRequest,
  plan: UpgradePlan,
): void | Promise<void> {
  const answer = answerUpgrade(request, plan.settings);
  if ("body" in answer) return plan.refuse(answer);
  const { settings } = plan;
  try {
    const decision = whenSettled<Refusal | undefined, Answer>(
      refuseOrigin(request.headers.get("origin") ?? null, settings.origins),
      (refusal) =>
        refusal ?? whenSettled<unknown, Answer>(
          plan.onUpgrade?.(request, connection as Connection<never> as WebSocketConnection),
          (decision) => applyDecision(answer, decision),
        ),
    );
    if (isPromiseLike(decision)) return finishLater(connection, request, { decision, plan });
    if (connection.open) finish(request, decision, plan);
  } catch (cause) {
    throw upgradeError(connection, cause);
  }
}

async function finishLater(
  connection: Connection<never>,
  request: HttpRequest,
  { decision, plan }: { decision: PromiseLike<Answer>; plan: UpgradePlan },
): Promise<void> {
  // Also aborted when the client has only ended its side: it will never send a frame.
  const { signal } = request;
  const isGone = () => signal.aborted || !connection.open;
  try {
    const answer = await decision;
    if (!isGone()) finish(request, answer, plan);
  } catch (cause) {
    if (!isGone()) throw upgradeError(connection, cause);
  }
  if (isGone()) connection.close();
}

function finish(
  request: HttpRequest,
  answer: Answer,
  { settings, handlers, refuse }: UpgradePlan,
): void {
  if ("body" in answer) return refuse(answer);
  const { agreement, subprotocol } = answer;
  const handshake = { client: false, agreement, target: request.target, subprotocol };
  const protocol = framesProtocol(settings, handshake);
  request.upgrade(protocol, {
    headers: answer.headers,
    handlers: handlers as UpgradeHandlers<WebSocketMessage, WebSocketOutgoing> | undefined,
  });
}

function upgradeError(connection: Connection<never>, cause: unknown): GoerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GoerError(
    "GOER_HANDLER",
    `Cannot decide on the upgrade of ${connection.remoteAddress}: ${reason}`,
    { cause },
  );
}
