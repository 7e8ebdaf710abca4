import { assertEquals } from "@std/assert";
import { createHttp } from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";
import { CASE_LIMITS, CASES, type RequestCase } from "./cases.ts";

/** The result of a connection's bytes. */
interface Outcome {
  requests: string[];
  statuses: number[];
  ends: boolean;
}

const protocol = createHttp(CASE_LIMITS);

/** Passes the pieces to the server one by one, and records the result. */
async function outcomeOf(pieces: string[]): Promise<Outcome> {
  const requests: string[] = [];
  using peer = openHarness(protocol, {
    async onMessage(connection, request) {
      const body = await request.text();
      requests.push(`${request.method} ${request.target} ${body}`);
      connection.send("ok");
    },
  });
  for (const piece of pieces) peer.receive(piece);
  for (let turn = 0; turn < 2; turn++) await turns();
  const statuses = [...peer.sent.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => {
    return Number(status);
  });
  return { requests, statuses, ends: peer.ended };
}

function expected({ requests, statuses, ends }: RequestCase): Outcome {
  return { requests, statuses, ends };
}

for (const example of CASES) {
  Deno.test(`HTTP: ${example.name}`, async () => {
    assertEquals(await outcomeOf([example.input]), expected(example));
  });
}

Deno.test("HTTP: every case has the same result when cut in two at any byte", async () => {
  for (const example of CASES) {
    const { input } = example;
    const outcomes = [];
    for (let at = 1; at < input.length; at++) {
      outcomes.push(outcomeOf([input.slice(0, at), input.slice(at)]));
    }
    for (const [index, outcome] of (await Promise.all(outcomes)).entries()) {
      assertEquals(outcome, expected(example), `${example.name}, cut after ${index + 1} bytes`);
    }
  }
});

Deno.test("HTTP: every case has the same result when it arrives byte by byte", async () => {
  const outcomes = CASES.map((example) => outcomeOf([...example.input]));
  for (const [index, outcome] of (await Promise.all(outcomes)).entries()) {
    assertEquals(outcome, expected(CASES[index]), CASES[index].name);
  }
});
