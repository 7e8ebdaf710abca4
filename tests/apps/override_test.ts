/** The globals that a worker replaces. */

import { assertEquals } from "@std/assert";
import { testOnEach } from "../helpers/runtimes.ts";
import { App, freePort } from "../supervisor/app.ts";

/**
 * An app that reports whether `fetch`, `Request` and `Response` are the ones with which it was
 * loaded.
 */
function source(address: string, options = ""): string {
  return `
    const before = [fetch, Request, Response];
    export default {
      listen: "${address}",
      ${options}
      async fetch(request) {
        const after = [fetch, Request, Response];
        const copy = new Request(request, { method: "PUT", body: "a copy" });
        return Response.json([
          after.map((one, index) => one !== before[index]),
          [request instanceof before[1], request instanceof Request],
          [new Response() instanceof before[2], new before[2]() instanceof Response],
          [copy.method, await copy.text()],
        ]);
      },
    };`;
}

for (
  const [name, options, replaced] of [
    ["a worker with fetch replaces fetch, Request and Response", "", true],
    ["overrideGlobals: false leaves the globals of a worker", "overrideGlobals: false,", false],
  ] as const
) {
  testOnEach(name, async (runtime) => {
    const address = `http://127.0.0.1:${freePort()}`;
    await using app = await App.write(runtime, source(address, options));
    await app.start();
    assertEquals(await (await fetch(address)).json(), [
      [replaced, replaced, replaced],
      [true, true],
      [true, true],
      ["PUT", "a copy"],
    ]);
  });
}
