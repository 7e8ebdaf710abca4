import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHttp, type MultipartOptions } from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";
import { formOf, post } from "./forms.ts";

const MULTIPART = "multipart/form-data; boundary=XX";

function part(fields: string, content: string): string {
  return `--XX\r\nContent-Disposition: form-data; ${fields}\r\n\r\n${content}\r\n`;
}

function file(size: number): string {
  return '--XX\r\nContent-Disposition: form-data; name="f"; filename="C:\\x/a.bin"\r\n' +
    `Content-Type: a/b\r\n\r\n${"z".repeat(size)}\r\n`;
}

Deno.test("a form with fields is parsed", async () => {
  const body = "a=1&b=%C3%A4+x&a=2";
  const { fields, answer } = await formOf(post("application/x-www-form-urlencoded", body), [body]);
  assertEquals([fields, answer], [[["a", "1"], ["b", "ä x"], ["a", "2"]], "200"]);
});

Deno.test("a form with files has the same result however it is cut", async () => {
  const body = `${part('name="a"', "1")}${file(40)}${part('name="b"', "--X\r\n--")}--XX--\r\n`;
  const expected = [
    ["a", "1"],
    ["b", "--X\r\n--"],
    { field: "f", name: "a.bin", type: "a/b", size: 40 },
  ];
  for (let at = 0; at < body.length; at += 3) {
    const { fields } = await formOf(post(MULTIPART, body), [body.slice(0, at), body.slice(at)]);
    assertEquals(fields, expected, `cut after ${at} bytes`);
  }
  const { fields } = await formOf(post(MULTIPART, body), [...body]);
  assertEquals(fields, expected);
});

Deno.test("a small file stays in memory, and a large one goes to disk, readable by this user only", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const size of [100, 101]) {
      const body = `${file(size)}--XX--\r\n`;
      const { inspected } = await formOf(
        post(MULTIPART, body),
        [body],
        { maxFileMemory: 100, folder },
        async (form) => {
          const upload = form.file("f")!;
          const mode = upload.path && (await Deno.stat(upload.path)).mode! & 0o777;
          return [(await upload.bytes()).length, await upload.text() === "z".repeat(size), mode];
        },
      );
      assertEquals(inspected, [size, true, size > 100 ? 0o600 : undefined]);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file that is moved is kept", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const size of [10, 1000]) {
      const body = `${file(size)}--XX--\r\n`;
      const options = { maxFileMemory: 100, folder };
      const target = `${folder}/kept${size}`;
      await formOf(
        post(MULTIPART, body),
        [body],
        options,
        (form) => form.file("f")!.moveTo(target),
      );
      await turns();
      assertEquals((await Deno.readTextFile(target)).length, size);
    }
    assertEquals([...Deno.readDirSync(folder)].length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a form over a limit gets 413 and leaves no file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const limits: [MultipartOptions, string][] = [
      [{ maxFileSize: 999 }, file(1000)],
      [{ maxFiles: 1 }, file(500) + file(500)],
      [{ maxFields: 1 }, file(500) + part('name="a"', "1") + part('name="b"', "2")],
      [{ maxFieldSize: 3 }, file(500) + part('name="a"', "1234")],
    ];
    for (const [limit, parts] of limits) {
      const body = `${parts}--XX--\r\n`;
      const options = { maxFileMemory: 10, folder, ...limit };
      const { answer } = await formOf(post(MULTIPART, body), [body], options);
      assertEquals(answer, "413", JSON.stringify(limit));
      await new Promise((resolve) => setTimeout(resolve, 20));
      assertEquals([...Deno.readDirSync(folder)], [], JSON.stringify(limit));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a body that is not a form gets 415 or 400", async () => {
  const requests: [type: string, body: string, status: string][] = [
    ["text/plain", "a=b", "415"],
    ["multipart/form-data", "--XX--", "400"],
    [MULTIPART, "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n1", "400"],
    [MULTIPART, "nothing of the kind", "400"],
  ];
  for (const [type, body, status] of requests) {
    assertEquals(
      (await formOf(post(type, body), [body]).catch(() => undefined))?.answer,
      status,
      type,
    );
  }
});

Deno.test("a client that disconnects during an upload leaves no file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const failures: unknown[] = [];
    using peer = openHarness(createHttp({ multipart: { folder, maxFileMemory: 10 } }), {
      onMessage: (_, request) => request.form().catch((error) => void failures.push(error)),
    });
    peer.receive(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${MULTIPART}\r\nContent-Length: 9999\r\n\r\n`,
    );
    peer.receive(file(5000).slice(0, 4000));
    for (let turn = 0; [...Deno.readDirSync(folder)].length === 0; turn++) {
      assert(turn < 500, "nothing is written");
      await turns();
    }
    peer.reset();
    for (let turn = 0; failures.length === 0 || [...Deno.readDirSync(folder)].length > 0; turn++) {
      assert(turn < 500, "the file is still there");
      await turns();
    }
    assertMatch(String(failures[0]), /reset|gone/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
