import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createHttp, HttpError, HttpHeaders } from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";
import { CASE_LIMITS, CASES } from "./cases.ts";

/** The runs are the same every time: a failure is one for everybody. */
const RUNS = { seed: 20_261_123, numRuns: 400 };

const protocol = createHttp({ ...CASE_LIMITS, maxRequestLineSize: 8192, maxHeaderSize: 16_384 });
const strict = createHttp(CASE_LIMITS);

/** The result of pieces: the requests, the responses, and whether the connection ends. */
async function outcomeOf(pieces: string[], http = protocol) {
  const requests: string[] = [];
  using peer = openHarness(http, {
    async onMessage(connection, request) {
      const body = await request.text();
      requests.push(`${request.method} ${request.target} ${[...request.headers]} ${body}`);
      connection.send("ok");
    },
  });
  for (const piece of pieces) peer.receive(piece);
  for (let turn = 0; turn < 2; turn++) await turns();
  const statuses = [...peer.sent.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
  return { requests, statuses, ends: peer.ended, errors: peer.errors };
}

/** Cuts `text` at the given places. */
function cut(text: string, places: number[]): string[] {
  const sorted = places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b);
  return [0, ...sorted].map((from, index) => text.slice(from, sorted[index] ?? text.length));
}

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const value = fc.stringMatching(/^([!-~\x80-\xff]([\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?)?$/);
const places = fc.array(fc.nat(), { maxLength: 12 });

/** A request, and what a handler must receive. */
const request = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PURGE"),
  target: fc.stringMatching(/^\/[!"$-~]{0,30}$/),
  fields: fc.array(fc.tuple(token.map((name) => `x-${name}`), value), { maxLength: 5 }),
  body: fc.string({ maxLength: 60 }),
  chunked: fc.boolean(),
}).map(({ method, target, fields, body, chunked }) => {
  const bytes = new TextEncoder().encode(body);
  const text = String.fromCharCode(...bytes);
  const framing: [string, string] = chunked
    ? ["transfer-encoding", "chunked"]
    : ["content-length", String(bytes.length)];
  const all: [string, string][] = [["host", "a"], ...fields, framing];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const half = bytes.length >> 1;
  const chunks = [text.slice(0, half), text.slice(half), ""].map((chunk, index) => {
    return chunk === "" && index < 2 ? "" : `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  });
  const seen = all.map(([name, value]) => [name.toLowerCase(), value]);
  return {
    wire: `${method} ${target} HTTP/1.1\r\n${lines}\r\n${chunked ? chunks.join("") : text}`,
    seen: `${method} ${target} ${seen} ${body}`,
  };
});

Deno.test("HTTP: any requests, cut anywhere, arrive as they were sent", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 4 }), places, async (requests, places) => {
      const bytes = requests.map(({ wire }) => wire).join("");
      const outcome = await outcomeOf(cut(bytes, places));
      assertEquals(outcome.errors, []);
      assertEquals(outcome.requests, requests.map(({ seen }) => seen.replaceAll("\ufeff", "")));
      assertEquals(outcome.statuses, requests.map(() => "200"));
    }),
    RUNS,
  );
});

Deno.test("HTTP: damaged requests have the same result however they are cut, and are refused", async () => {
  const damage = fc.record({
    at: fc.nat(),
    count: fc.nat({ max: 3 }),
    put: fc.constantFrom("", "\r", "\n", "\0", " ", "\t", ":", ",", "0", "\r\n", "\xff", "chunked"),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...CASES),
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      places,
      async ({ input }, damages, places) => {
        let bytes = input;
        for (const { at, count, put } of damages) {
          const from = at % (bytes.length + 1);
          bytes = bytes.slice(0, from) + put + bytes.slice(from + count);
        }
        const whole = await outcomeOf([bytes], strict);
        const pieces = await outcomeOf(cut(bytes, places), strict);
        assertEquals(pieces.requests, whole.requests);
        assertEquals(pieces.statuses, whole.statuses);
        assertEquals(pieces.ends, whole.ends);
        const last = Number(whole.statuses.at(-1) ?? 200);
        assert(last === 200 || whole.ends, `${last} leaves the connection open`);
        for (const error of whole.errors) {
          assert(error instanceof HttpError || error.cause instanceof HttpError, `${error}`);
        }
      },
    ),
    RUNS,
  );
});

Deno.test("HTTP: no value of a header field can add another field", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, value) => {
      let headers: HttpHeaders;
      try {
        headers = new HttpHeaders([[name, value]]);
      } catch (error) {
        assert(error instanceof TypeError);
        return;
      }
      const [[setName, setValue]] = [...headers];
      assert(/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(setName));
      assert(/^[\t -~\x80-\xff]*$/.test(setValue));
    }),
    RUNS,
  );
});
