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
import type { CloseStatus } from "./close.ts";
import {
  type Acceptance,
  answerUpgrade,
  applyDecision,
  type Refusal,
  refuseOrigin,
} from "./handshake.ts";
import type { WebSocketMessage, WebSocketOutgoing } from "./options.ts";
import type { WebSocketSettings } from "./settings.ts";
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
          settings.onUpgrade?.(request, connection),
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
  const settled = { client: false, agreement, target: request.target, subprotocol };
  const protocol = framesProtocol(settings, settled);
  request.upgrade(protocol, { headers: answer.headers, handlers });
}

function upgradeError(connection: Connection<never>, cause: unknown): GoerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GoerError(
    "GOER_HANDLER",
    `Cannot decide on the upgrade of ${connection.remoteAddress}: ${reason}`,
    { cause },
  );
}
