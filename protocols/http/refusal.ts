/**
 * The responses to clients that the service's `clientLimits` stop.
 *
 * @module
 */

import { HttpResponse } from "./response.ts";

/**
 * Creates a response: 429 (RFC 6585, section 4) or 403.
 *
 * @param retryAfter In how many seconds the client may try again; `undefined` if never.
 */
export function refusal(retryAfter: number | undefined): HttpResponse {
  if (retryAfter === undefined) return new HttpResponse("Forbidden\n", { status: 403 });
  const headers = { "retry-after": String(retryAfter) };
  return new HttpResponse("Too many requests\n", { status: 429, headers });
}
