import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../mod.ts";
import { crc32c } from "../../src/clients/crc32c.ts";
import { parseProxyHeader } from "../../src/clients/proxy_header.ts";
import { ProxyReader } from "../../src/clients/proxy_reader.ts";
import { tlv, V1, v2, type V2Options } from "./proxy_headers.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The parsed header of the whole bytes. */
function parsed(input: Uint8Array | string) {
  const all = typeof input === "string" ? bytes(input) : input;
  const result = parseProxyHeader(all);
  if (typeof result === "number") throw new Error(`needs ${result} bytes`);
  assertEquals(result.size, all.length);
  return result.header;
}

const V1_LINES: [line: string, source?: string, destination?: string][] = [
  ["TCP4 192.0.2.1 192.0.2.7 4711 443", "192.0.2.1:4711", "192.0.2.7:443"],
  [
    "TCP4 255.255.255.255 255.255.255.255 65535 65535", //
    "255.255.255.255:65535",
    "255.255.255.255:65535",
  ],
  ["TCP4 0.0.0.0 0.0.0.0 0 0", "0.0.0.0:0", "0.0.0.0:0"],
  ["TCP6 2001:db8::1 ::7 1 2", "[2001:db8::1]:1", "[::7]:2"],
  ["TCP6 ::ffff:192.0.2.1 ::7 1 2", "192.0.2.1:1", "[::7]:2"],
  ["UNKNOWN"],
  // The longest line (section 2.1).
  ["UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535".padEnd(99, "f")],
];

Deno.test("the line of version 1 names client and destination", () => {
  for (const [line, source, destination] of V1_LINES) {
    const header = parsed(`PROXY ${line}\r\n`);
    assertEquals(header, { version: 1, command: "proxy", source, destination, tlvs: [] });
  }
});

const BAD_LINES = [
  "GET / HTTP/1.1\r\n",
  "PROXY\r\n",
  "proxy TCP4 192.0.2.1 192.0.2.7 4711 443\r\n",
  "PROXY TCP4 192.0.2.1 192.0.2.7 4711 443\n",
  "PROXY TCP4 192.0.2.1 192.0.2.7 4711\r\n",
  "PROXY TCP4 192.0.2.1 192.0.2.7 4711 443 \r\n",
  "PROXY TCP4  192.0.2.1 192.0.2.7 4711 443\r\n",
  "PROXY TCP4 192.0.2.1 192.0.2.7 4711 65536\r\n",
  "PROXY TCP4 192.0.2.1 192.0.2.7 04711 443\r\n",
  "PROXY TCP4 192.0.2.1 192.0.2.7 -1 443\r\n",
  "PROXY TCP4 192.0.2 192.0.2.7 4711 443\r\n",
  "PROXY TCP4 192.0.2.01 192.0.2.7 4711 443\r\n",
  "PROXY TCP4 2001:db8::1 ::7 1 2\r\n",
  "PROXY TCP6 192.0.2.1 192.0.2.7 1 2\r\n",
  "PROXY TCP6 2001:db8:::1 ::7 1 2\r\n",
  "PROXY UDP4 192.0.2.1 192.0.2.7 1 2\r\n",
  "PROXY UNKNOWNX\r\n",
  `PROXY UNKNOWN ${"f".repeat(93)}`,
  `PROXY UNKNOWN ${"f".repeat(92)}\r\n`,
];

Deno.test("a line that is not valid is refused", () => {
  for (const line of BAD_LINES) {
    assertThrows(() => parsed(line), ProtocolError, "Cannot read the PROXY header: ", line);
  }
});

Deno.test("version 2 names client and destination", () => {
  const expected = { version: 2, command: "proxy", tlvs: [] } as const;
  assertEquals(parsed(v2()), {
    ...expected,
    source: "192.0.2.1:4711",
    destination: "192.0.2.7:443",
  });
  assertEquals(parsed(v2({ addresses: "ipv6" })), {
    ...expected,
    source: "[2001:db8::1]:4711",
    destination: "[2001:db8::7]:443",
  });
  assertEquals(parsed(v2({ addresses: "unix" })), {
    ...expected,
    source: "unix:",
    destination: "unix:",
  });
  assertEquals(parsed(v2({ addresses: "none" })), {
    ...expected,
    source: undefined,
    destination: undefined,
  });
});

Deno.test("the addresses of a LOCAL header are ignored, whatever they are", () => {
  for (const rest of [[], [0xff, 0xff, 0xff]]) {
    assertEquals(parsed(v2({ command: 0x20, rest })), {
      version: 2,
      command: "local",
      source: undefined,
      destination: undefined,
      tlvs: [],
    });
  }
});

Deno.test("TLVs have their values, and those that only fill space are left out", () => {
  const rest = [...tlv(2, 0x61, 0x62), ...tlv(4, 0, 0, 0), ...tlv(0xe0), ...tlv(2, 0x63)];
  assertEquals(parsed(v2({ rest })).tlvs, [
    { type: 2, value: bytes("ab") },
    { type: 0xe0, value: bytes("") },
    { type: 2, value: bytes("c") },
  ]);
});

Deno.test("a header of 65,551 bytes is read", () => {
  const value = new Array(0xffff - 12 - 3).fill(7);
  const header = v2({ rest: tlv(0xe1, ...value) });
  assertEquals(header.length, 65_551);
  assertEquals(parsed(header).tlvs[0].value.length, value.length);
});

Deno.test("a checksum is checked", () => {
  assertEquals(crc32c(bytes("123456789")), 0xe3069283);
  const header = v2({ rest: [...tlv(3, 0, 0, 0, 0), ...tlv(2, 0x61)] });
  new DataView(header.buffer).setUint32(31, crc32c(header));
  assertEquals(parsed(header).tlvs.map(({ type }) => type), [3, 2]);
  for (let index = 12; index < header.length; index++) {
    const broken = header.slice();
    broken[index] ^= 1;
    // LOCAL, of which the rest is ignored, and the type of the checksum itself.
    if (broken[12] === 0x20 || index === 28) continue;
    assertThrows(() => parsed(broken), Error, undefined, `byte ${index}`);
  }
});

const BAD_HEADERS: V2Options[] = [
  { command: 0x11 },
  { command: 0x31 },
  { command: 0x22 },
  { length: 11 },
  { addresses: "ipv6", length: 12 },
  { addresses: "unix", length: 36 },
  { rest: [2] },
  { rest: [2, 0] },
  { rest: [2, 0, 1] },
  { rest: tlv(3, 1, 2, 3) },
];

Deno.test("a header of version 2 that is not valid is refused", () => {
  for (const options of BAD_HEADERS) {
    assertThrows(() => parsed(v2(options)), ProtocolError, "Cannot read the PROXY header: ");
  }
  for (let family = 0; family < 256; family++) {
    const header = v2({ addresses: "unix" });
    header[13] = family;
    if (![0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32].includes(family)) {
      assertThrows(() => parsed(header), ProtocolError, "its address family is 0x");
    }
  }
});

Deno.test("a TLV whose length is wrong is refused, or ends where the header does", () => {
  const value = [1, 2, 3, 4, 5];
  for (let length = 0; length < 65_536; length += length < 300 ? 1 : 251) {
    const rest = [2, length >> 8, length & 0xff, ...value];
    const result = ((): string => {
      try {
        return parsed(v2({ rest })).tlvs.map(({ value }) => value.length).join(" ");
      } catch (error) {
        return (error as Error).name;
      }
    })();
    // 0 and 1 leave whole TLVs behind: [1, 2, 3, 4, 5] would be too long as one.
    assertEquals([length, result], [length, length === 5 ? "5" : "ProtocolError"]);
  }
});

/** Gives the pieces to a reader, and returns what it has found. */
function read(pieces: Uint8Array[], required = true) {
  const reader = new ProxyReader(required);
  const rest: number[] = [];
  let isDone = false;
  for (const piece of pieces) {
    const after = isDone ? piece : reader.take(piece);
    if (after === undefined) continue;
    isDone = true;
    rest.push(...after);
  }
  return { source: reader.header?.source, rest: new TextDecoder().decode(new Uint8Array(rest)) };
}

const HEADERS = [bytes(V1), v2({ rest: tlv(2, 1, 2) }), v2({ addresses: "unix" })];

Deno.test("a header is the same for every split of its bytes", () => {
  for (const header of HEADERS) {
    const all = new Uint8Array([...header, ...bytes("hello")]);
    const whole = read([all]);
    assertEquals(whole.rest, "hello");
    for (let at = 0; at <= all.length; at++) {
      assertEquals(read([all.slice(0, at), all.slice(at)]), whole);
    }
    assertEquals(read(Array.from(all, (byte) => new Uint8Array([byte]))), whole);
  }
});

Deno.test("a stranger's bytes are passed on unless they begin a header", () => {
  for (const text of ["hello", "PROX", "PROXY", "PROXYING", "\r\n\r\n\0\r\nQUIET", "\r\nhello"]) {
    const isHeld = "PROXY ".startsWith(text);
    for (let at = 0; at <= text.length; at++) {
      const pieces = [bytes(text.slice(0, at)), bytes(text.slice(at))];
      assertEquals(read(pieces, false), { source: undefined, rest: isHeld ? "" : text });
    }
  }
  for (const header of HEADERS) {
    for (let at = 0; at <= header.length; at++) {
      const pieces = [header.slice(0, at), header.slice(at)];
      assertThrows(() => read(pieces, false), ProtocolError, "not in proxyProtocol.from");
    }
  }
});

Deno.test("random bytes never break the parser", () => {
  const begins = fc.constantFrom(...HEADERS.map((header) => [...header]));
  const changes = fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(begins, changes, fc.uint8Array({ maxLength: 40 }), (begin, changes, more) => {
      const input = new Uint8Array([...begin, ...more]);
      for (const [at, byte] of changes) if (at < input.length) input[at] = byte;
      try {
        const result = parseProxyHeader(input);
        if (typeof result === "number") assertEquals(result > input.length, true);
        else assertEquals(result.size <= input.length, true);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }),
    { seed: 21, numRuns: 20_000 },
  );
});
