/**
 * The cases of the parser over real sockets, where the system splits the bytes and ends
 * connections.
 */

import { assertEquals } from "@std/assert";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { bytesOf, latin1 } from "../helpers/session_harness.ts";
import { CASE_LIMITS, CASES } from "./cases.ts";

/** The last request, after which the server ends the connection. */
const LAST = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/**
 * Sends bytes, and receives the responses up to the end of the connection, which the server closes.
 */
async function answersTo(
  input: string,
  address: string,
): Promise<{ requests: string[]; statuses: number[] }> {
  using socket = await Socket.connect(address);
  await socket.send(bytesOf(input));
  const answers = latin1(await socket.receiveAll()).split(/(?=HTTP\/1\.1 \d{3} )/);
  const statuses = answers.map((answer) => Number(answer.slice(9, 12)));
  const bodies = answers.map((answer) => answer.slice(answer.indexOf("\r\n\r\n") + 4));
  return { requests: bodies.filter((_, index) => statuses[index] === 200), statuses };
}

testOnEach("HTTP: every case has the same result over a socket", async (runtime) => {
  const app = "tests/http/fixtures/cases.ts";
  const args = [JSON.stringify(CASE_LIMITS)];
  await using served = await serve<{ addresses: string[] }>(runtime, app, { args });
  const [address] = served.ready.addresses;
  const outcomes = CASES.map(({ input, ends }) => answersTo(ends ? input : input + LAST, address));
  for (const [index, outcome] of (await Promise.all(outcomes)).entries()) {
    const { name, requests, statuses, ends } = CASES[index];
    const expected = ends
      ? { requests, statuses }
      : { requests: [...requests, "GET /last "], statuses: [...statuses, 200] };
    assertEquals(outcome, expected, name);
  }
});
