import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Goer, GoerError } from "../../mod.ts";
import { AddressSet } from "../../src/clients/address_set.ts";
import { ipv4Number } from "../../src/clients/ip_address.ts";

const MEMBERS: [entry: string, address: string, isMember: boolean][] = [
  ["192.0.2.7", "192.0.2.7", true],
  ["192.0.2.7", "192.0.2.8", false],
  ["192.0.2.7", "::ffff:192.0.2.7", true],
  ["10.0.0.0/8", "10.255.255.255", true],
  ["10.0.0.0/8", "11.0.0.0", false],
  ["10.0.0.0/8", "9.255.255.255", false],
  ["0.0.0.0/0", "255.255.255.255", true],
  ["0.0.0.0/0", "::1", false],
  ["255.255.255.255/32", "255.255.255.255", true],
  ["128.0.0.0/1", "200.0.0.1", true],
  ["128.0.0.0/1", "127.255.255.255", false],
  ["::ffff:10.0.0.0/104", "10.1.2.3", true],
  ["::ffff:a00:0/104", "10.1.2.3", true],
  ["2001:db8::/32", "2001:0DB8:ffff::1", true],
  ["2001:db8::/32", "2001:db9::", false],
  ["2001:db8::1", "2001:db8:0:0:0:0:0:1", true],
  ["::/0", "::1", true],
  ["::/0", "127.0.0.1", false],
  ["fe80::/10", "fe80::1%eth0", true],
  ["unix:", "unix:", true],
  ["0.0.0.0/0", "unix:", false],
  ["0.0.0.0/0", "010.0.0.1", false],
  ["0.0.0.0/0", "1.2.3", false],
  ["0.0.0.0/0", "1.2.3.256", false],
  ["0.0.0.0/0", "1.2.3.4.5", false],
  ["0.0.0.0/0", "1..2.3", false],
  ["0.0.0.0/0", "", false],
];

Deno.test("a set has its addresses and the addresses of its networks, and no others", () => {
  for (const [entry, address, isMember] of MEMBERS) {
    const set = new AddressSet([entry], "from");
    assertEquals([entry, address, set.has(address)], [entry, address, isMember]);
  }
});

Deno.test("a set has an IPv4 address if their first bits are those of a network", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (one, other, bits) => {
      const binary = (address: string) => ipv4Number(address)!.toString(2).padStart(32, "0");
      const first = binary(one).slice(0, bits).padEnd(32, "0");
      const network = [0, 8, 16, 24].map((at) => parseInt(first.slice(at, at + 8), 2)).join(".");
      const set = new AddressSet([`${network}/${bits}`], "from");
      assertEquals(set.has(one), true);
      assertEquals(set.has(other), binary(other).startsWith(first.slice(0, bits)));
    }),
    { seed: 21, numRuns: 2000 },
  );
});

const MALFORMED = [
  "",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "10.0.0/8",
  "10/8",
  "0x0a.0.0.0/8",
  "010.0.0.0/8",
  "::/129",
  "::ffff:10.0.0.0/95",
  "fe80::%eth0/10",
  "[::1]",
  "localhost",
  "*",
  " 10.0.0.1",
  "unix:/run/x.sock",
];

Deno.test("an entry that is neither an address nor a network is refused", () => {
  for (const entry of MALFORMED) {
    const error = assertThrows(
      () => new Goer("http://127.0.0.1:0", { trustedProxies: [entry] }),
      GoerError,
      `Invalid option trustedProxies: expected IP addresses and networks such as "10.0.0.0/8", or ` +
        `"unix:", got ${JSON.stringify(entry)}`,
    );
    assertEquals(error.option, "trustedProxies");
  }
});

Deno.test("a network is refused if its address is not the first one", () => {
  for (
    const [entry, network] of [["10.0.0.7/8", "10.0.0.0/8"], ["2001:db8::1/64", "2001:db8::/64"]]
  ) {
    assertThrows(
      () => new Goer("http://127.0.0.1:0", { trustedProxies: { from: [entry] } }),
      GoerError,
      `Invalid option trustedProxies.from: expected the first address of a network, as in ` +
        `"${network}", got "${entry}"`,
    );
  }
});

Deno.test("trustedProxies that have no effect, or are of the wrong type, are refused", async () => {
  for (const given of ["10.0.0.0/8", [1], { header: "forwarded" }, { from: [], header: "via" }]) {
    const options = { trustedProxies: given as unknown as string[] };
    const { code } = assertThrows(() => new Goer("http://127.0.0.1:0", options), GoerError);
    assertEquals(code, "GOER_INVALID_ARGUMENT");
  }
  const error = await new Goer("text://127.0.0.1:0", { trustedProxies: ["10.0.0.0/8"] }).listen()
    .then(() => undefined, (error) => error);
  assertEquals(
    error?.message,
    "Invalid option trustedProxies: expected an http or websocket service, got a text service",
  );
});
