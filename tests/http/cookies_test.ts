import { assertEquals, assertThrows } from "@std/assert";
import { type Cookie, http, HttpResponse } from "../../protocols/http/mod.ts";
import { openHarness } from "../helpers/session_harness.ts";

/** The cookies that a handler gets from Cookie fields. */
function read(...fields: string[]): Record<string, string> {
  let seen: Record<string, string> = {};
  using peer = openHarness(http, {
    onMessage(connection, { cookies }) {
      seen = { ...cookies };
      connection.send("ok");
    },
  });
  peer.receive(
    `GET / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `Cookie: ${field}\r\n`).join("")}\r\n`,
  );
  return seen;
}

/** The Set-Cookie field of a cookie named `a` with the value `b`. */
function written(cookie: Partial<Cookie>): string {
  return new HttpResponse().setCookie({ name: "a", value: "b", ...cookie }).headers
    .get("set-cookie")!;
}

Deno.test("cookies between invalid ones are read", () => {
  const fields: [field: string, cookies: Record<string, string>][] = [
    ["sid=abc; theme=dark", { sid: "abc", theme: "dark" }],
    ["sid=abc; theme=dark;", { sid: "abc", theme: "dark" }],
    ["sid=abc;; theme=dark", { sid: "abc", theme: "dark" }],
    ["; ;sid=abc", { sid: "abc" }],
    ["sid=abc;theme=dark", { sid: "abc", theme: "dark" }],
    ["sid = abc \t; theme=\tdark", { sid: "abc", theme: "dark" }],
    ["a=b=c==", { a: "b=c==" }],
    ["a=", { a: "" }],
    ["a=%20+", { a: "%20+" }],
    ['a="b c"', { a: '"b c"' }],
    ["a b=c", { "a b": "c" }],
    ["", {}],
  ];
  for (const [field, cookies] of fields) assertEquals(read(field), cookies, field);
});

Deno.test("a cookie without a name is ignored, and the others are read", () => {
  assertEquals(read("=x; lost; a=b; =; c=d"), { a: "b", c: "d" });
});

Deno.test("of two cookies with the same name the first one counts", () => {
  assertEquals(read("a=1; a=2"), { a: "1" });
  assertEquals(read("a=1", "a=2; b=3"), { a: "1", b: "3" });
});

Deno.test("names of properties of Object are ordinary names of cookies", () => {
  assertEquals(Object.entries(read("__proto__=a; toString=b; constructor=c")), [
    ["__proto__", "a"],
    ["toString", "b"],
    ["constructor", "c"],
  ]);
});

Deno.test("setCookie() writes every attribute", () => {
  const cookie: Partial<Cookie> = {
    expires: new Date(1e12),
    maxAge: 60,
    domain: "a.example",
    path: "/x",
    secure: true,
    httpOnly: true,
    sameSite: "Lax",
    partitioned: true,
  };
  assertEquals(
    written(cookie),
    "a=b; Expires=Sun, 09 Sep 2001 01:46:40 GMT; Max-Age=60; Domain=a.example; Path=/x; Secure; " +
      "HttpOnly; SameSite=Lax; Partitioned",
  );
});

Deno.test("setCookie() deletes a cookie with expires or maxAge 0", () => {
  for (const expires of [0, new Date(0)]) {
    assertEquals(written({ expires }), "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  }
  assertEquals(written({ maxAge: 0 }), "a=b; Max-Age=0");
});

Deno.test("setCookie() accepts empty and quoted values", () => {
  assertEquals(written({ value: "" }), "a=");
  assertEquals(written({ value: '"b"' }), 'a="b"');
});

Deno.test("setCookie() refuses what RFC 6265 does not allow", () => {
  const cookies: Partial<Cookie>[] = [
    { name: "" },
    { name: "a b" },
    { name: "a=" },
    { name: "ä" },
    { value: "b c" },
    { value: "b;c" },
    { value: "b,c" },
    { value: 'b"c' },
    { value: '"b' },
    { value: "b\\c" },
    { value: "b\x7f" },
    { value: "b\x80" },
    { value: "ä" },
    { value: 1 as unknown as string },
    { path: "/;x" },
    { path: "/\n" },
    { path: "/ä" },
    { domain: "a.example; Path=/" },
    { domain: "a..example" },
    { domain: "-a" },
    { domain: "a b" },
    { sameSite: "Some" as "None" },
    { sameSite: "Lax; Domain=b" as "Lax" },
  ];
  for (const cookie of cookies) {
    assertThrows(() => written(cookie), SyntaxError, "Cannot set", JSON.stringify(cookie));
  }
});

Deno.test("setCookie() refuses invalid expiry times", () => {
  const cookies: Partial<Cookie>[] = [
    { maxAge: -1 },
    { maxAge: 1.5 },
    { maxAge: NaN },
    { maxAge: Infinity },
    { maxAge: "1" as unknown as number },
    { expires: NaN },
    { expires: new Date("never") },
    { expires: Infinity },
    { expires: Date.UTC(10_000, 0) },
  ];
  for (const cookie of cookies) {
    assertThrows(() => written(cookie), RangeError, "Cannot set", JSON.stringify(cookie));
  }
});

Deno.test("setCookie() sets the attributes that browsers require, and refuses what they refuse", () => {
  assertEquals(written({ name: "__Secure-a" }), "__Secure-a=b; Secure");
  assertEquals(written({ name: "__Host-a" }), "__Host-a=b; Path=/; Secure");
  assertEquals(written({ partitioned: true }), "a=b; Secure; Partitioned");
  const refused: Partial<Cookie>[] = [
    { name: "__Secure-a", secure: false },
    { name: "__Host-a", secure: false },
    { name: "__Host-a", path: "/x" },
    { name: "__Host-a", domain: "a.example" },
    { partitioned: true, secure: false },
  ];
  for (const cookie of refused) {
    assertThrows(() => written(cookie), SyntaxError, "Cannot set the cookie");
  }
});

Deno.test("setCookie() does not change its argument", () => {
  const cookie = Object.freeze({ name: "__Host-a", value: "b" });
  new HttpResponse().setCookie(cookie);
  assertEquals(cookie, { name: "__Host-a", value: "b" });
});
