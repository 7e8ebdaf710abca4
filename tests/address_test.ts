import { assertEquals, assertThrows } from "@std/assert";
import { formatAddress, parseAddress } from "../src/address.ts";
import { GoerError } from "../src/errors.ts";

const GOOD: [string, string, string, unknown][] = [
  ["tcp://0.0.0.0:8080", "raw", "tcp", { host: "0.0.0.0", port: 8080 }],
  ["udp://127.0.0.1:0", "raw", "udp", { host: "127.0.0.1", port: 0 }],
  ["tls://example.org:443", "raw", "tls", { host: "example.org", port: 443 }],
  ["unix:///run/x.sock", "raw", "unix", { path: "/run/x.sock" }],
  ["text://:8080", "text", "tcp", { host: "127.0.0.1", port: 8080 }],
  ["text+udp://[::1]:53", "text", "udp", { host: "::1", port: 53 }],
  ["frame+unix://./x.sock", "frame", "unix", { path: "./x.sock" }],
  ["https://[2001:db8::1]:443/", "http", "tls", { host: "2001:db8::1", port: 443 }],
  ["WSS://localhost:1", "websocket", "tls", { host: "localhost", port: 1 }],
];

Deno.test("an address names protocol, transport and place", () => {
  for (const [address, protocol, transport, endpoint] of GOOD) {
    const parsed = parseAddress(address);
    assertEquals(
      [parsed.protocol, parsed.transport, parsed.endpoint],
      [protocol as typeof parsed.protocol, transport as typeof parsed.transport, endpoint],
      address,
    );
  }
});

const BAD: [string, string][] = [
  ["", "scheme://"],
  ["8080", "scheme://"],
  ["gopher://:70", "gopher"],
  ["text+frame://:1", "text+frame"],
  ["tcp+udp://:1", "tcp+udp"],
  ["text+text://:1", "text+text"],
  ["http+udp://:1", "needs a stream"],
  ["tcp://127.0.0.1", "host:port"],
  ["tcp://::1:80", "brackets"],
  ["tcp://host:65536", "65536"],
  ["tcp://host:-1", "-1"],
  ["tcp://host:80a", "80a"],
  ["tcp://a b:80", "host:port"],
  ["tcp://user@host:80", "host:port"],
  ["unix://", "path is missing"],
  [`unix:///${"x".repeat(107)}`, "108 bytes"],
];

Deno.test("a bad address is refused with its name and the reason", () => {
  for (const [address, reason] of BAD) {
    const error = assertThrows(() => parseAddress(address), GoerError, reason);
    assertEquals(error.code, "GOER_INVALID_ARGUMENT");
    assertEquals(error.message.includes(address), true, error.message);
  }
});

Deno.test("the real address has the requested scheme", () => {
  const parsed = parseAddress("text+udp://[::1]:0");
  assertEquals(formatAddress(parsed, { host: "::1", port: 4711 }), "text+udp://[::1]:4711");
  assertEquals(formatAddress(parseAddress("unix:///x"), { path: "/x" }), "unix:///x");
});
