import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { connect, GoerError } from "../../mod.ts";
import { parseProxyHeader } from "../../src/clients/proxy_header.ts";
import {
  encodeProxyHeader,
  type ProxyHeaderOptions,
} from "../../src/clients/proxy_header_option.ts";
import { V1, v2 } from "./proxy_headers.ts";

const ENDS = { source: "192.0.2.1:4711", destination: "192.0.2.7:443" };

/** The header that a receiver reads. */
function received(options: ProxyHeaderOptions) {
  const bytes = encodeProxyHeader(options);
  const parsed = parseProxyHeader(bytes);
  if (typeof parsed === "number") throw new Error("expected a whole header");
  assertEquals(parsed.size, bytes.length);
  return parsed.header;
}

Deno.test("a header is encoded as in the specification", () => {
  assertEquals(new TextDecoder().decode(encodeProxyHeader({ version: 1, ...ENDS })), V1);
  assertEquals(encodeProxyHeader(ENDS), v2());
  assertEquals(new TextDecoder().decode(encodeProxyHeader({ version: 1 })), "PROXY UNKNOWN\r\n");
  assertEquals(encodeProxyHeader({}), v2({ addresses: "none" }));
  assertEquals(
    encodeProxyHeader({ command: "local", ...ENDS }),
    v2({ command: 0x20, addresses: "none" }),
  );
});

Deno.test("a receiver reads what a sender has written", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6().map((text) => `[${text}]`));
  const side = fc.tuple(address, fc.integer({ min: 0, max: 65_535 }))
    .map(([host, port]) => `${host}:${port}`);
  const tlvs = fc.array(
    fc.record({
      type: fc.integer({ min: 5, max: 255 }),
      value: fc.uint8Array({ maxLength: 300 }),
    }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(side, side, tlvs, fc.constantFrom(1, 2), (source, destination, given, version) => {
      const options = { version: version as 1 | 2, source, destination };
      const first = received(version === 1 ? options : { ...options, tlvs: given });
      assertEquals(first.version, version);
      assertEquals(first.tlvs, version === 1 ? [] : given);
      // What was received can be sent on as it is.
      assertEquals(received(first), first);
    }),
    { seed: 21, numRuns: 1000 },
  );
});

Deno.test("an IPv4 and an IPv6 address are sent as IPv6", () => {
  const { source, destination } = received({ ...ENDS, destination: "[2001:db8::1]:443" });
  assertEquals([source, destination], ["192.0.2.1:4711", "[2001:db8::1]:443"]);
});

Deno.test("a client on a Unix socket is sent as unknown", () => {
  const { source, command } = received({ source: "unix:", destination: "unix:/run/a.sock" });
  assertEquals([source, command], [undefined, "proxy"]);
});

Deno.test("checksums and padding of a received header are not sent on", () => {
  const tlvs = [3, 4, 5].map((type) => ({ type, value: new Uint8Array(4) }));
  assertEquals(received({ ...ENDS, tlvs }).tlvs.map(({ type }) => type), [5]);
});

const BAD: [options: Record<string, unknown>, option: string][] = [
  [{ version: 3 }, "proxyHeader.version"],
  [{ source: "192.0.2.1:4711" }, "proxyHeader.destination"],
  [{ destination: "192.0.2.1:4711" }, "proxyHeader.source"],
  [{ ...ENDS, source: "example.com:80" }, "proxyHeader.source"],
  [{ ...ENDS, source: "192.0.2.1" }, "proxyHeader.source"],
  [{ ...ENDS, destination: "192.0.2.1:65536" }, "proxyHeader.destination"],
  [{ ...ENDS, command: "health" }, "proxyHeader.command"],
  [{ version: 1, tlvs: [{ type: 5, value: new Uint8Array(1) }] }, "proxyHeader.tlvs"],
  [{ tlvs: [{ type: 256, value: new Uint8Array(1) }] }, "proxyHeader.tlvs"],
  [{ tlvs: [{ type: 5, value: "a" }] }, "proxyHeader.tlvs"],
  [{ tlvs: [{ type: 5, value: new Uint8Array(65_536) }] }, "proxyHeader.tlvs"],
  [{ tlvs: Array(2).fill({ type: 5, value: new Uint8Array(40_000) }) }, "proxyHeader.tlvs"],
  [{ from: "192.0.2.1:1" }, "proxyHeader.from"],
];

Deno.test("headers that are not valid are refused, with the name of the option", async () => {
  for (const [proxyHeader, option] of BAD) {
    const error = await connect("tcp://127.0.0.1:1", { proxyHeader }).catch((error) => error);
    assertEquals([error.code, error.option], ["GOER_INVALID_ARGUMENT", option]);
    assertThrows(() => encodeProxyHeader(proxyHeader), GoerError);
  }
});
