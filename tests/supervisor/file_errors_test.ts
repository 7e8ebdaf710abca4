import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createText, replaceText } from "../../src/runtime/files/file_system.ts";
import { openLogFile } from "../../src/supervisor/output/log_file.ts";
import { namesIn } from "../helpers/unix_sockets.ts";

for (const [name, write] of Object.entries({ createText, replaceText })) {
  Deno.test(`an error of ${name} names the file, and is the same each time`, () => {
    const path = `${Deno.cwd()}/no such folder/file`;
    const [one, other] = [1, 2].map(() => assertThrows(() => write(path, "text"), Error));
    assertStringIncludes(one.message, `'${path}'`);
    assertEquals(one.message, other.message);
    assert(!one.stack?.includes(`${path}.`), one.stack);
  });
}

Deno.test("a directory in the place of a file is named, and stays", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/file/inner`, { recursive: true });
  const error = assertThrows(() => replaceText(`${folder}/file`, "text"), Error);
  assert(!error.message.includes("file."), error.message);
  assertEquals(await namesIn(folder), ["file"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a log file that is a pipe without a reader is refused, and one with a reader is written", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/pipe`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const { message } = assertThrows(() => openLogFile(path), Error);
  assertStringIncludes(message, `${path} (No program reads this named pipe`);
  // For reading and writing, a pipe opens without a peer.
  using reader = await Deno.open(path, { read: true, write: true });
  assert(openLogFile(path).write("hello"));
  const buffer = new Uint8Array(16);
  assertEquals(await reader.read(buffer), 5);
  await Deno.remove(folder, { recursive: true });
});
