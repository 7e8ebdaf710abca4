import { assertEquals, assertNotMatch } from "@std/assert";
import { REDIS } from "./brokers.ts";
import { testBus } from "./contract.ts";

/** Responds like Redis 5, which repeats unknown commands. That version is not available here. */
async function answerAsRedis5(listener: Deno.Listener): Promise<void> {
  using connection = await listener.accept();
  await connection.read(new Uint8Array(1024));
  const answer = "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, " +
    "`default`, `s3cret`, \r\n";
  await connection.write(new TextEncoder().encode(answer));
  await connection.read(new Uint8Array(1024));
}

testBus(REDIS, (test) => {
  test("a server that repeats the password reveals it to no one", async ({ host }) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const answered = answerAsRedis5(listener);
    const at = `127.0.0.1:${listener.addr.port}`;
    await using one = await host.member(`redis://:s3cret@${at}`);
    const { failed, shown } = await one.ask({ action: "open" });
    assertEquals(failed, `Cannot reach the bus redis://${at}: Redis 6 or later is required`);
    assertNotMatch(shown!, /s3cret/);
    await one.close();
    await answered;
  });
});
