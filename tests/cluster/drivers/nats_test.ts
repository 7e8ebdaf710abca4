import { NATS } from "./brokers.ts";
import { testBus } from "./contract.ts";

testBus(NATS, (test) => {
  test("a user without a password is a token", async ({ host }) => {
    await using broker = await NATS.start({ token: "t0ken" });
    await using one = await host.member(`nats://t0ken@127.0.0.1:${broker.port}`);
    await one.open("x");
    await one.do({ action: "publish", channel: "x", message: 1 });
    await one.event("message");
    await one.close();
  });
});
