import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { App, ask, freePort } from "../supervisor/app.ts";

testOnEach("a worker hook that fails is logged and closes no connection", async (runtime) => {
  const port = freePort();
  await using app = await App.write(
    runtime,
    `export default {
      listen: "text://127.0.0.1:${port}",
      onReload() { throw new TypeError("mistake in onReload") },
      onWorkerStop: () => Promise.reject(new TypeError("mistake in onWorkerStop")),
      onMessage: (connection, line) => void connection.send(line),
    };`,
  );
  await app.start();
  {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    assertEquals(await ask(connection, "before"), "before");
    assertEquals((await app.command("reload")).code, 0);
    assertEquals(await ask(connection, "after"), "after");
  }
  for (const hook of ["onReload", "onWorkerStop"]) {
    await until(`the log line of ${hook}`, async () => {
      const log = await app.log();
      return log.includes(`${hook} of text://127.0.0.1:${port} failed: TypeError: mistake in`);
    });
  }
});
