import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { forwardedClient } from "../../src/clients/forwarded.ts";
import { trustedProxies } from "../../src/clients/trusted_proxies.ts";

const PROXIES = ["10.0.0.0/8", "2001:db8:a::/48"];

/** The client in header fields, as `address:port protocol host`. */
function clientIn(
  fields: Record<string, string>,
  header?: "forwarded" | "x-forwarded-for",
): string | undefined {
  const client = forwardedClient(
    trustedProxies({ from: PROXIES, header })!,
    { get: (name) => fields[name] },
  );
  if (client === undefined) return undefined;
  const { address, port, protocol, host } = client;
  return [address, port, protocol, host].filter((part) => part !== undefined).join(" ");
}

const FORWARDED_FOR: [list: string, client: string | undefined][] = [
  ["192.0.2.1", "192.0.2.1 0"],
  ["192.0.2.1:4711", "192.0.2.1 4711"],
  ["2001:db8::1", "2001:db8::1 0"],
  ["[2001:db8::1]", "2001:db8::1 0"],
  ["[2001:DB8:0::1]:80", "2001:db8::1 80"],
  ["::ffff:192.0.2.1", "192.0.2.1 0"],
  // The rightmost address that is not trusted; a stranger has written what is before it.
  ["198.51.100.9, 192.0.2.1", "192.0.2.1 0"],
  ["10.0.0.9, 192.0.2.1", "192.0.2.1 0"],
  ["192.0.2.1, 10.0.0.2", "192.0.2.1 0"],
  ["192.0.2.1,10.0.0.2 ,\t10.0.0.3", "192.0.2.1 0"],
  ["192.0.2.1, 2001:db8:a::7", "192.0.2.1 0"],
  // All are trusted: the first one is the client.
  ["10.0.0.9, 10.0.0.2", "10.0.0.9 0"],
  // Behind an entry that is no address, everything may be false.
  ["192.0.2.1, unknown, 10.0.0.2", "10.0.0.2 0"],
  ["192.0.2.1, _hidden", undefined],
  ["192.0.2.1, 10.0.0.2, ", undefined],
  ["unknown", undefined],
  ["192.0.2.1.", undefined],
  ["192.0.2.01", undefined],
  ["fe80::1%eth0", "fe80::1 0"],
  ["192.0.2.1:99999", "192.0.2.1 0"],
  ["", undefined],
  [",", undefined],
];

Deno.test("the client is the last address in X-Forwarded-For that is no trusted proxy", () => {
  for (const [list, client] of FORWARDED_FOR) {
    assertEquals([list, clientIn({ "x-forwarded-for": list })], [list, client]);
  }
});

const FORWARDED: [list: string, client: string | undefined][] = [
  // The examples of RFC 7239, section 4.
  ['For="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17 4711"],
  ["for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60 0 http"],
  ["for=192.0.2.43, for=198.51.100.17", "198.51.100.17 0"],
  ['for="_gazonk"', undefined],
  // Section 6.3: an obfuscated identifier. Section 7.1: several proxies.
  ["for=_hidden, for=_SEVKISEK", undefined],
  ['for=192.0.2.43,for="[2001:db8:a::17]";host=a.example;proto=https', "192.0.2.43 0"],
  [
    'for=192.0.2.43;proto=HTTPS;host="a.example:8443" , for=10.0.0.1', //
    "192.0.2.43 0 https a.example:8443",
  ],
  ['for="192.0.2.43:4711"', "192.0.2.43 4711"],
  ["for=192.0.2.43;proto=ftp", "192.0.2.43 0"],
  ["proto=https", undefined],
  ["for=192.0.2.43, proto=https", undefined],
  ["for=192.0.2.43;;host=a", "192.0.2.43 0 a"],
  // A stranger's part that is broken does not hide what the proxy has added.
  ['for="192.0.2.1, for=192.0.2.43', "192.0.2.43 0"],
  ['for="\\", for=10.0.0.9;host="x, for=192.0.2.43', "192.0.2.43 0"],
  ['for="a,b", for=192.0.2.43', "192.0.2.43 0"],
];

Deno.test("the client is the last address in Forwarded that is no trusted proxy", () => {
  for (const [list, client] of FORWARDED) {
    assertEquals([list, clientIn({ forwarded: list })], [list, client]);
  }
});

Deno.test("X-Forwarded-Proto and X-Forwarded-Host belong to the entries with their positions", () => {
  const fields = { "x-forwarded-for": "1.2.3.4, 192.0.2.1, 10.0.0.2" };
  for (
    const [proto, host, client] of [
      ["https", "a.example", "192.0.2.1 0 https a.example"],
      ["https, http", "a.example, b.example", "192.0.2.1 0 https a.example"],
      ["http, https, http", "evil, a.example, b.example", "192.0.2.1 0 https a.example"],
      ["wss", "", "192.0.2.1 0 https"],
      ["gopher", "", "192.0.2.1 0"],
    ]
  ) {
    const all = { ...fields, "x-forwarded-proto": proto, "x-forwarded-host": host };
    assertEquals([proto, host, clientIn(all)], [proto, host, client]);
  }
});

Deno.test("X-Forwarded-For comes before Forwarded, unless the option names one of them", () => {
  const fields = { "x-forwarded-for": "192.0.2.1", forwarded: "for=192.0.2.2" };
  assertEquals(clientIn(fields), "192.0.2.1 0");
  assertEquals(clientIn(fields, "forwarded"), "192.0.2.2 0");
  assertEquals(clientIn(fields, "x-forwarded-for"), "192.0.2.1 0");
  assertEquals(clientIn({ forwarded: "for=192.0.2.2" }, "x-forwarded-for"), undefined);
  assertEquals(clientIn({ "x-forwarded-for": "192.0.2.1" }, "forwarded"), undefined);
});

Deno.test("whatever a stranger sends, the client is the address that the proxy has added", () => {
  const strangers = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[",;=\\for\d.]*$/));
  fc.assert(
    fc.property(strangers, (text) => {
      assertEquals(clientIn({ "x-forwarded-for": `${text}, 192.0.2.1` }), "192.0.2.1 0");
      assertEquals(clientIn({ forwarded: `${text}, for=192.0.2.1` }), "192.0.2.1 0");
      assertEquals(clientIn({ forwarded: `${text}, for="[2001:db8::1]:1"` }), "2001:db8::1 1");
    }),
    { seed: 21, numRuns: 5000 },
  );
});
