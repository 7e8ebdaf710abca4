import { testOnEach } from "../../helpers/runtimes.ts";
import { NATS } from "./brokers.ts";
import { testBus } from "./contract.ts";
import { member } from "./member.ts";

testBus(NATS);

testOnEach("nats: a user without a password is a token", async (runtime) => {
  await using broker = await NATS.start({ token: "t0ken" });
  await using one = await member(runtime, `nats://t0ken@127.0.0.1:${broker.port}`);
  await one.open("x");
  await one.do({ action: "publish", channel: "x", message: 1 });
  await one.event("message");
  await one.close();
}, NATS.missing);
