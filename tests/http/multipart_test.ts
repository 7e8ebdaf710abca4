import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { HttpForm } from "../../protocols/http/mod.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { bytesOf, latin1 } from "../helpers/session_harness.ts";
import { formOf, post } from "./forms.ts";

const TYPE = "multipart/form-data; boundary=XX";
const END = "--XX--\r\n";

/** A field, or a file with its name, type and text. */
type Entry = [name: string, value: string | [name: string, type: string, text: string]];

/** A part; `field` is a line of its head. */
function part(disposition: string, content = "v", field = ""): string {
  return `--XX\r\nContent-Disposition: form-data; ${disposition}\r\n${field}\r\n${content}\r\n`;
}

/** The fields of a form, then its files. */
async function entriesOf(form: HttpForm): Promise<Entry[]> {
  const files: Entry[] = [];
  for (const file of form.files()) {
    files.push([file.field, [file.name, file.type, await file.text()]]);
  }
  return [...form].map(([name, value]): Entry => [name, value]).concat(files);
}

/** The result of a body, one character per byte: its entries, or the status. */
async function outcomeOf(pieces: string[], type = TYPE): Promise<Entry[] | number> {
  const { inspected, answer } = await formOf(post(type, pieces.join("")), pieces, {}, entriesOf);
  return answer === "200" ? inspected as Entry[] : Number(answer);
}

const OCTETS = "Content-Type: application/octet-stream\r\n";

/** Bodies and their results. */
const BODIES: [name: string, body: string, outcome: Entry[] | number][] = [
  ["a field", part('name="a"') + END, [["a", "v"]]],
  ["no part", END, []],
  ["a field with a type of bytes", part('name="a"', "v", OCTETS) + END, [["a", "v"]]],
  ["a name that occurs twice", part('name="a"') + part('name="a"', "w") + END, [
    ["a", "v"],
    ["a", "w"],
  ]],
  ["an empty value", part('name="a"', "") + END, [["a", ""]]],
  ["an empty name", part('name=""') + END, [["", "v"]]],
  ["names of properties of Object", part('name="__proto__"') + END, [["__proto__", "v"]]],
  ["line ends and dashes in a value", part('name="a"', "\r\n--X\r\r\n\r\n--\r\n") + END, [
    ["a", "\r\n--X\r\r\n\r\n--\r\n"],
  ]],
  ["a longer boundary in a value", part('name="a"', "\r\n--XXY\r\n--XX-\r\n") + END, [
    ["a", "\r\n--XXY\r\n--XX-\r\n"],
  ]],
  ["a name without quotes", part("name=a; filename=b") + END, [
    ["a", ["b", "text/plain", "v"]],
  ]],
  ["any case, and no blanks", `--XX\r\ncontent-DISPOSITION:Form-Data;NAME="a"\r\n\r\nv\r\n${END}`, [
    ["a", "v"],
  ]],
  ["blanks around parameters", part(' name = "a" ;\tfilename= b ;') + END, [
    ["a", ["b", "text/plain", "v"]],
  ]],
  ["semicolons in names", part('name="a;b=c"; filename="d;name=e"') + END, [
    ["a;b=c", ["d;name=e", "text/plain", "v"]],
  ]],
  ["encoded quotes and line ends", part('name="a%22%0D%0A%41"; filename="%22.txt"') + END, [
    ['a"\r\n%41', ['".txt', "text/plain", "v"]],
  ]],
  ["escaped quotes", part('name="a\\"b"; filename="\\"c\\""') + END, [
    ['a"b', ['"c"', "text/plain", "v"]],
  ]],
  ["backslashes at the end", part('name="a\\"; filename="b\\\\\\"') + END, [
    ["a\\", ["", "text/plain", "v"]],
  ]],
  ["backslashes elsewhere", part('name="a\\\\b\\c"') + END, [["a\\\\b\\c", "v"]]],
  ["a path for a name", part('name="a"; filename="C:\\x/y\\z.txt"') + END, [
    ["a", ["z.txt", "text/plain", "v"]],
  ]],
  ["names in UTF-8", part('name="\xc3\xa9"; filename="\xc3\xbc"') + END, [
    ["é", ["ü", "text/plain", "v"]],
  ]],
  [
    "names encoded as in RFC 5987",
    part("name*=UTF-8'en'%c3%a9; filename*=iso-8859-1''%fc.txt") + END,
    [
      ["é", ["ü.txt", "text/plain", "v"]],
    ],
  ],
  [
    "encoded names take precedence",
    part(`name="a"; filename="b"; filename*=utf-8''%e2%82%ac`) + END,
    [
      ["a", ["€", "text/plain", "v"]],
    ],
  ],
  ["a folded field", `--XX\r\nContent-Disposition: form-data;\r\n\tname="a"\r\n\r\nv\r\n${END}`, [
    ["a", "v"],
  ]],
  ["a file that was not chosen", part('name="a"; filename=""', "", OCTETS) + END, []],
  ["a file without a name", part('name="a"; filename=""') + END, [["a", ["", "text/plain", "v"]]]],
  ["an empty file", part('name="a"; filename="b"', "") + END, [["a", ["b", "text/plain", ""]]]],
  ["the type of a file", part('name="a"; filename="b"', "v", "Content-Type: A/B; c=D\r\n") + END, [
    ["a", ["b", "a/b; c=d", "v"]],
  ]],
  [
    "a value in another encoding",
    part('name="a"', "\xe9", "Content-Type: a/b;charset=latin1\r\n") + END,
    [
      ["a", "é"],
    ],
  ],
  [
    "an unknown encoding",
    part('name="a"', "\xc3\xa9", "Content-Type: a/b;charset=x\r\n") + END,
    [
      ["a", "é"],
    ],
  ],
  [
    "the encoding of all values",
    part('name="_charset_"', "latin1") + part('name="a"', "\xe9") + END,
    [
      ["_charset_", "latin1"],
      ["a", "é"],
    ],
  ],
  ["a value that is not UTF-8", part('name="a"', "\xff") + END, [["a", "\ufffd"]]],
  ["a byte order mark", part('name="a"', "\xef\xbb\xbfv") + END, [["a", "v"]]],
  [
    "a coding that RFC 7578 deprecates",
    part('name="a"', "dg==", "Content-Transfer-Encoding: base64\r\n") + END,
    [
      ["a", "dg=="],
    ],
  ],
  ["text before and after", `before\r\n${part('name="a"')}${END}after\r\n--XX\r\n`, [["a", "v"]]],
  ["no line end after the last boundary", part('name="a"') + "--XX--", [["a", "v"]]],
  ["blanks after boundaries", part('name="a"').replace("XX", "XX \t") + "--XX-- ", [["a", "v"]]],
  ["a long head", part('name="a"', "v", `X: ${"x".repeat(8100)}\r\n`) + END, [["a", "v"]]],
  ["a head over the limit", part('name="a"', "v", `X: ${"x".repeat(8200)}\r\n`) + END, 413],
  ["a head over the limit that does not end", part('name="a"', "", `X: ${"x".repeat(8200)}`), 413],
  ["no name", part("") + END, 400],
  ["a file without a field's name", part('filename="b"') + END, 400],
  ["another disposition", part('name="a"').replace("form-data", "attachment") + END, 400],
  ["no disposition", `--XX\r\nContent-Type: a/b\r\n\r\nv\r\n${END}`, 400],
  ["no head", `--XX\r\n\r\nv\r\n${END}`, 400],
  ["two names", part('name="a"; name="b"') + END, 400],
  [
    "two dispositions",
    part('name="a"', "v", 'Content-Disposition: form-data; name="b"\r\n') + END,
    400,
  ],
  ["a quoted text that does not end", part('name="a') + END, 400],
  ["a name with a wrong encoding", part("name*=a") + END, 400],
  ["a field of a head without a colon", part('name="a"', "v", "X\r\n") + END, 400],
  ["an invalid line end in a name", part('name="a\rb"') + END, 400],
  ["text after a boundary", part('name="a"').replace("XX", "XX x") + END, 400],
  ["no last boundary", part('name="a"'), 400],
  ["a part that does not end", part('name="a"').slice(0, -2), 400],
  ["line feeds alone", (part('name="a"') + END).replaceAll("\r", ""), 400],
  ["nothing", "", 400],
];

for (const [name, body, outcome] of BODIES) {
  Deno.test(`multipart: ${name}`, async () => {
    assertEquals(await outcomeOf([body]), outcome);
  });
}

Deno.test("multipart: every body has the same result when it arrives byte by byte", async () => {
  for (const [name, body, outcome] of BODIES.filter(([, body]) => body.length < 1000)) {
    assertEquals(await outcomeOf([...body]), outcome, name);
  }
});

Deno.test("multipart: a body has the same result when cut in two at any byte", async () => {
  const body = `\r\n${part('name="a"', "\r\n--X\r\n")}${part('name="b"; filename="c"')}${END}`;
  const outcome = await outcomeOf([body]);
  for (let at = 1; at < body.length; at++) {
    assertEquals(
      await outcomeOf([body.slice(0, at), body.slice(at)]),
      outcome,
      `after ${at} bytes`,
    );
  }
});

Deno.test("multipart: the boundary is parsed as a parameter", async () => {
  const body = part('name="a"') + END;
  const types: [type: string, outcome: Entry[] | number][] = [
    ['multipart/form-data; boundary="XX"', [["a", "v"]]],
    ["Multipart/Form-Data ;charset=utf-8; BOUNDARY=XX ; a=b", [["a", "v"]]],
    ["multipart/form-data", 400],
    ["multipart/form-data; boundary=", 400],
    ['multipart/form-data; boundary=""', 400],
    ["multipart/form-data; boundary=X\xe9", 400],
    ["multipart/form-data; boundary=YY", 400],
    ['multipart/form-data; boundary="XX', 415],
    ["multipart/form-dataX; boundary=XX", 415],
    ["multipart/mixed; boundary=XX", 415],
  ];
  for (const [type, outcome] of types) assertEquals(await outcomeOf([body], type), outcome, type);
});

/** The runs are the same every time. */
const RUNS = { seed: 20_261_127, numRuns: 200 };

/** Names and values: random ones, and often those with a meaning in a form. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(..."ab;=\"'\\%2\r\n -XX"), maxLength: 12 }),
);

/** The entries of a web form. */
const webEntry = fc.tuple(
  text,
  fc.oneof(text, fc.tuple(text, fc.constantFrom("", "a/b", "text/plain;charset=utf-8"), text)),
);

Deno.test("multipart: any form that the runtime writes is parsed correctly", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(webEntry, { maxLength: 4 }), async (entries) => {
      const form = new FormData();
      for (const [name, value] of entries) {
        if (typeof value === "string") form.append(name, value);
        else form.append(name, new File([value[2]], value[0], { type: value[1] }));
      }
      const request = new Request("http://a", { method: "POST", body: form });
      const type = request.headers.get("content-type")!;
      const body = latin1(new Uint8Array(await request.arrayBuffer()));
      const expected: Entry[] = [];
      for (const [name, value] of form) {
        if (typeof value === "string") {
          expected.push([lineEnds(name), withoutMark(lineEnds(value))]);
        }
      }
      for (const [name, value] of form) {
        if (typeof value === "string" || (value.name === "" && value.size === 0)) continue;
        const fileName = value.name.replace(/^[^]*[\\/]/, "");
        const fileType = value.type || "application/octet-stream";
        expected.push([lineEnds(name), [fileName, fileType, await value.text()]]);
      }
      assertEquals(await outcomeOf([body], type), expected);
    }),
    RUNS,
  );
});

/** HTML, section 4.10.21.8: every line end of a name or value is written as CR LF. */
function lineEnds(text: string): string {
  return text.replace(/\r\n?|\n/g, "\r\n");
}

function withoutMark(text: string): string {
  return text.replace(/^\ufeff/, "");
}

// What all three runtimes parse equally: Node 20 refuses other names of files, and `XX` in a value.

const plainText = fc.string({ unit: fc.constantFrom(..."aé€ .-_\r\n"), maxLength: 12 });
const plainName = fc.string({ unit: fc.constantFrom(..."aé€.-_"), minLength: 1, maxLength: 8 });
const plainFileName = fc.stringMatching(/^[a-z._-]{1,8}$/);
const plainPart = fc.tuple(
  plainName,
  fc.option(plainFileName),
  fc.constantFrom("", OCTETS, "Content-Type: text/plain\r\n"),
  plainText,
).map(([name, file, field, content]) => {
  const disposition = `name="${name}"${file === null ? "" : `; filename="${file}"`}`;
  return latin1(new TextEncoder().encode(part(disposition, content, field)));
});

testOnEach("multipart: forms are parsed like formData() of the runtime", async (runtime) => {
  const app = "tests/http/fixtures/forms.ts";
  await using site = await serve<{ addresses: string[] }>(runtime, app);
  const [base] = site.ready.addresses;
  const samples = fc.sample(fc.array(plainPart, { maxLength: 4 }), RUNS);
  const answers = samples.map(async (parts) => {
    const body = bytesOf(parts.join("") + END) as Uint8Array<ArrayBuffer>;
    const headers = { "content-type": TYPE };
    const [goer, native] = await Promise.all(["/goer", "/native"].map(async (path) => {
      return await (await fetch(base + path, { method: "POST", body, headers })).json();
    }));
    assertEquals(goer, native, JSON.stringify(parts));
  });
  await Promise.all(answers);
});
