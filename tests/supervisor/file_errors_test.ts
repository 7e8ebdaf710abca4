import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createText, replaceText } from "../../src/runtime/files/file_system.ts";
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
