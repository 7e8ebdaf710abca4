/**
 * Upgrades an HTTP request to a WebSocket connection, both for WebSocket services and for HTTP
 * services.
 *
 * @module
 */

import type { Admission } from "../../src/clients/client_limits.ts";
import type { Connection } from "../../src/protocol/connection.ts";
import { GoerError } from "../../src/errors.ts";
import { isPromiseLike, whenSettled } from "../../src/promises.ts";
import type { HttpRequest } from "../http/mod.ts";
import type { SessionProtocol, UpgradeHandlers } from "../../src/protocol/protocol.ts";
import {
  type Acceptance,
  applyDecision,
  type Refusal,
  refuseOrigin,
  respondToUpgrade,
} from "./handshake.ts";
import type { WebSocketConnection, WebSocketMessage, WebSocketOutgoing } from "./connection.ts";
import type { WebSocketHandlers } from "./options.ts";
import type { WebSocketSettings } from "./settings.ts";
import { type HandshakeResult, WebSocketSession } from "./session.ts";

/**
 * The protocol of one connection after its handshake.
 *
 * @param settings The options.
 * @param handshake The results of the handshake.
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

/** The handlers of a connection after its upgrade. */
export interface WebSocketUpgradeHandlers<State = unknown>
  extends
    UpgradeHandlers<WebSocketMessage, WebSocketOutgoing, WebSocketConnection<State>>,
    Pick<WebSocketHandlers<State>, "onPong"> {}

/** Arguments of {@linkcode upgradeRequest}. */
export interface UpgradePlan {
  /** The options of the protocol. */
  settings: WebSocketSettings;
  /** Decides on the request. */
  onUpgrade: WebSocketHandlers["onUpgrade"];
  /** The handlers after the upgrade; by default those of the service. */
  handlers?: WebSocketUpgradeHandlers;
  /** Sends the response to a refused request. */
  refuse(refusal: Refusal): void;
}

/** A connection of a service with `clientLimits`. */
interface Limited {
  /** Counts the connection for the client that a trusted proxy has named. */
  admitClient?(): Admission;
}

/** The responses to clients that may not connect (RFC 6585 section 4). */
const OVER_LIMIT: Readonly<Record<Exclude<Admission, "admitted">, Refusal>> = {
  denied: { status: 403, headers: {}, body: "" },
  limited: { status: 429, headers: {}, body: "Too many connections" },
};

/** The response to a handshake. */
type HandshakeResponse = Refusal | Acceptance;

/**
 * Responds to an upgrade request, after the application has decided.
 *
 * @param connection The connection that the request came on.
 * @param request The request.
 * @param plan The options and handlers.
 * @returns A promise if the application returned one. If the client disconnects first, no response
 * is sent.
 * @throws {GoerError} `GOER_HANDLER` if the application throws or returns an invalid decision.
 */
export function upgradeRequest(
  connection: Connection<never>,
  request: HttpRequest,
  plan: UpgradePlan,
): void | Promise<void> {
  const response = respondToUpgrade(request, plan.settings);
  if ("body" in response) return plan.refuse(response);
  const admission = (connection as Connection<never> & Limited).admitClient?.() ?? "admitted";
  if (admission !== "admitted") return plan.refuse(OVER_LIMIT[admission]);
  const { settings } = plan;
  try {
    const decision = whenSettled<Refusal | undefined, HandshakeResponse>(
      refuseOrigin(request.headers.get("origin") ?? null, settings.origins),
      (refusal) =>
        refusal ?? whenSettled<unknown, HandshakeResponse>(
          plan.onUpgrade?.(request, connection as Connection<never> as WebSocketConnection),
          (decision) => applyDecision(response, decision),
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
  { decision, plan }: { decision: PromiseLike<HandshakeResponse>; plan: UpgradePlan },
): Promise<void> {
  // Also aborted when the client has only ended its side, because it will never send a frame.
  const { signal } = request;
  const isGone = () => signal.aborted || !connection.open;
  try {
    const response = await decision;
    if (!isGone()) finish(request, response, plan);
  } catch (cause) {
    if (!isGone()) throw upgradeError(connection, cause);
  }
  if (isGone()) connection.close();
}

function finish(
  request: HttpRequest,
  response: HandshakeResponse,
  { settings, handlers, refuse }: UpgradePlan,
): void {
  if ("body" in response) return refuse(response);
  const { agreement, subprotocol } = response;
  const handshake = { client: false, agreement, target: request.target, subprotocol };
  const protocol = framesProtocol(settings, handshake);
  request.upgrade(protocol, {
    headers: response.headers,
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
