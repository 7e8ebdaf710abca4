/**
 * One request and its response.
 *
 * @module
 */

import { http, type HttpOutgoing, type HttpRequest } from "../../protocols/http/mod.ts";
import type { Connection } from "../../src/protocol/connection.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

/** A handler of requests. */
export type Handler = (connection: Connection<HttpOutgoing>, request: HttpRequest) => unknown;

/** The response to one request, without the Date field, and how the connection ends if it does. */
export async function answerTo(
  request: string,
  onMessage: Handler,
  protocol: typeof http = http,
): Promise<string> {
  using peer = openHarness(protocol, { onMessage });
  peer.receive(request);
  for (let turn = 0; turn < 6; turn++) await turns();
  const ending = peer.terminated ? "<reset>" : peer.ended ? "<end>" : "";
  return peer.sent.replaceAll(/Date: [^\r]+\r\n/g, "") + ending;
}
