import { assertEquals, assertThrows } from "@std/assert";
import { accessOf, hasToken, isForUs, isFromElsewhere } from "../../src/admin/access.ts";
import { GoerError } from "../../src/errors.ts";

const TOKEN = "0123456789abcdef";

Deno.test("accessOf reads a port, an address and a Unix socket", () => {
  const read: [string, string][] = [
    ["9464", "http://127.0.0.1:9464"],
    ["127.0.0.1:9464", "http://127.0.0.1:9464"],
    ["http://[::1]:9464", "http://[::1]:9464"],
    ["unix:///run/admin.sock", "http+unix:///run/admin.sock"],
  ];
  for (const [given, address] of read) assertEquals(accessOf(given, undefined).address, address);
});

Deno.test("accessOf refuses an address that others can reach without a token", () => {
  for (const address of ["0.0.0.0:9464", "http://192.0.2.1:9464", "http://[::]:9464"]) {
    const error = assertThrows(() => accessOf(address, undefined), GoerError);
    assertEquals(error.code, "GOER_INVALID_ARGUMENT");
    assertEquals(error.message.includes("needs a token"), true);
    assertEquals(accessOf(address, TOKEN).token, TOKEN);
  }
});

Deno.test("accessOf refuses other protocols and short tokens", () => {
  assertThrows(() => accessOf("text://127.0.0.1:1", undefined), GoerError, "expected an address");
  assertThrows(() => accessOf("https://127.0.0.1:9464", undefined), GoerError, "it has no TLS");
  assertThrows(() => accessOf("9464", "short"), GoerError, "16 characters or more");
});

Deno.test("accessOf refuses a token that no header can send", () => {
  for (const token of [`${TOKEN}\n`, ` ${TOKEN}`, `${TOKEN} x`, `${TOKEN}ü`]) {
    assertThrows(() => accessOf("9464", token), GoerError, "GOER_ADMIN_TOKEN has a space");
  }
});

Deno.test("isForUs refuses the name of another host", () => {
  const access = accessOf("9464", undefined);
  const asked = (host: string | null) => isForUs(access, host);
  assertEquals(["localhost", "localhost:9464", "127.0.0.1:9464", "[::1]:1"].every(asked), true);
  assertEquals(
    ["evil.example", "localhost.evil.example", "evil.example:9464", "", null].some(asked),
    false,
  );
  assertEquals(isForUs(accessOf("0.0.0.0:1", TOKEN), "goer.example"), true);
});

Deno.test("hasToken accepts only the whole token", () => {
  const access = accessOf("9464", TOKEN);
  assertEquals(hasToken(access, `Bearer ${TOKEN}`), true);
  const wrong = [null, "", TOKEN, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, "Bearer "];
  assertEquals(wrong.some((one) => hasToken(access, one)), false);
  assertEquals(hasToken(accessOf("9464", undefined), "Bearer "), false);
});

Deno.test("isFromElsewhere knows pages of other origins", () => {
  const asked = (headers: Record<string, string>) =>
    isFromElsewhere(new Headers({ host: "shop.example:9464", ...headers }));
  // Programs that are no browsers send neither.
  assertEquals(asked({}), false);
  assertEquals(
    asked({ origin: "https://shop.example:9464", "sec-fetch-site": "same-origin" }),
    false,
  );
  const strange: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://shop.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  assertEquals(strange.every(asked), true);
});
