import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { HttpHeaders } from "../../protocols/http/mod.ts";
import { isGoerError, reasonOf } from "../../src/calls.ts";
import { GoerError } from "../../src/errors.ts";
import { errorText } from "../../src/error_text.ts";
import { printable, printableLines } from "../../src/printable.ts";
import { HOSTILE, unprintable } from "./unprintable.ts";

const texts = fc.string({ unit: "binary", maxLength: 40 });

Deno.test("printable text contains no control sequences for terminals", () => {
  fc.assert(fc.property(texts, (text) => {
    assertEquals(unprintable(printable(text)), []);
    assertEquals(/[\n\t]/.test(printable(text)), false);
  }));
  assertEquals(unprintable(printable(HOSTILE)), []);
});

Deno.test("letters of all languages, emoji and joiners are unchanged", () => {
  const text = "grüezi, 你好, שלום, سلام, می‌خواهم, नमस्ते, 👩‍👩‍👧‍👦 ~";
  assertEquals([printable(text), printableLines(text)], [text, text]);
});

Deno.test("printable JSON has the same meaning", () => {
  fc.assert(fc.property(fc.dictionary(texts, texts), (value) => {
    assertEquals(JSON.parse(printable(JSON.stringify(value))), value);
  }));
});

Deno.test("in several lines, only line ends and tabs are kept", () => {
  assertEquals(printableLines("a\tb\r\nc\x1bd\n"), "a\tb\\u000d\nc\\u001bd\n");
  assertEquals(printable("a\tb\r\n"), "a\\u0009b\\u000d\\u000a");
});

Deno.test("the message of an error can quote a peer", () => {
  assertEquals(unprintable(new GoerError("GOER_PROTOCOL", HOSTILE).message), []);
  const error = assertThrows(() => new HttpHeaders().set("a", HOSTILE), TypeError);
  assertEquals(unprintable(error.message), []);
});

Deno.test("the text of an error has one line per error and location, whatever its message is", () => {
  const cause = new TypeError(`first\n    at fake (${HOSTILE})`);
  const text = errorText(new GoerError("GOER_HANDLER", "onMessage failed", { cause }));
  const lines = text.split("\n");
  assertEquals(unprintable(text), []);
  assertEquals(lines[0], "GoerError GOER_HANDLER: onMessage failed");
  const second = lines.findIndex((line) => line.startsWith("caused by "));
  assertEquals(lines[second].startsWith("caused by TypeError: first\\u000a    at fake ("), true);
  const places = lines.filter((_, index) => index !== 0 && index !== second);
  assertEquals(
    places.every((line) => /^ {4}(at .*:\d+|… \d+ lines? in Goer)/.test(line)),
    true,
  );
});

Deno.test("an error that quotes megabytes has a text of a few", () => {
  const cause = new Error("\u2028".repeat(1_000_000));
  const text = errorText(new GoerError("GOER_HANDLER", reasonOf(cause), { cause }));
  assert(text.length < 1_000_000);
  assertStringIncludes(text, "\\u2028…\n");
});

Deno.test("a thrown value that throws when it is looked at is not an error of Goer", () => {
  const fail = () => {
    throw new Error();
  };
  const evil = Object.defineProperty(new Error(), "code", { get: fail });
  for (const thrown of [evil, new Proxy({}, { getPrototypeOf: fail })]) {
    assertEquals(isGoerError(thrown), false);
  }
});

Deno.test("any thrown value has a text", () => {
  const looped = new Error("loop");
  looped.cause = looped;
  const evil = Object.defineProperty(new Error(), "message", {
    get() {
      throw new Error();
    },
  });
  const odd = { toString: () => HOSTILE };
  for (
    const thrown of [
      null,
      undefined,
      42,
      "text",
      Symbol("s"),
      odd,
      looped,
      evil,
      {},
      Object.create(null),
    ]
  ) {
    const text = errorText(thrown);
    assertEquals([typeof text, unprintable(text)], ["string", []]);
  }
});
