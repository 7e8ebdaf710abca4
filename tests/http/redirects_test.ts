import { assertEquals, assertThrows } from "@std/assert";
import { HttpResponse } from "../../protocols/http/mod.ts";

function locationOf(location: string | URL): string | null {
  return HttpResponse.redirect(location).headers.get("location");
}

Deno.test("redirect() encodes characters that a URL cannot contain", () => {
  const locations: [location: string, encoded: string][] = [
    ["/a b", "/a%20b"],
    ["/ü", "/%C3%BC"],
    ["/€?q=日本#ä", "/%E2%82%AC?q=%E6%97%A5%E6%9C%AC#%C3%A4"],
    ["/😀", "/%F0%9F%98%80"],
    ['/a|b"c<d>e^f`g{h}i\\j', "/a%7Cb%22c%3Cd%3Ee%5Ef%60g%7Bh%7Di%5Cj"],
    ["https://a.example/x y", "https://a.example/x%20y"],
    ["https://a.example/ü", "https://a.example/%C3%BC"],
    ["https://münchen.example/ü?a=b c", "https://xn--mnchen-3ya.example/%C3%BC?a=b%20c"],
    ["mailto:ü@a.example", "mailto:%C3%BC@a.example"],
    ["/\ud800", "/%EF%BF%BD"],
    ["", ""],
  ];
  for (const [location, encoded] of locations) assertEquals(locationOf(location), encoded);
});

Deno.test("redirect() does not change a valid URL", () => {
  for (
    const location of [
      "/a%20b?c=d&e=%zz#f",
      "../a?b=[c]",
      "//a.example/~b;c=d,e!f$(g)*'h'",
      "http://[::1]:80/",
    ]
  ) assertEquals(locationOf(location), location);
  assertEquals(locationOf(new URL("https://a.example/ü")), "https://a.example/%C3%BC");
});

Deno.test("redirect() refuses control characters, invalid locations, and other statuses", () => {
  for (const location of ["/\r\nset-cookie: a=b", "/\n", "/\0", "/\x7f", "/\t/a.example"]) {
    assertThrows(() => HttpResponse.redirect(location), TypeError);
  }
  for (const location of [undefined, null, 42, {}, ["/"], Symbol("/")]) {
    const redirect = () => HttpResponse.redirect(location as unknown as string);
    assertThrows(redirect, TypeError, "Cannot redirect to");
  }
  for (const status of [200, 300, 304, 305, 306, 400, NaN]) {
    assertThrows(() => HttpResponse.redirect("/", status), RangeError, "Cannot redirect");
  }
  for (const status of [301, 302, 303, 307, 308]) {
    assertEquals(HttpResponse.redirect("/", status).status, status);
  }
});
