import { assert, assertEquals, assertRejects } from "@std/assert";
import { createBus } from "../../../src/cluster/drivers/open_bus.ts";
import { GoerError } from "../../../src/errors.ts";

const NAMES: Record<string, string> = {
  "redis://broker.example": "redis://broker.example:6379",
  "rediss://me:s3cret@broker.example:7000/3": "rediss://broker.example:7000/3",
  "redis://:s3cret@[::1]/": "redis://[::1]:6379",
  "nats://s3cret@broker.example": "nats://broker.example:4222",
  "nats+tls://me:s3cret%40@broker.example:7000": "nats+tls://broker.example:7000",
};

Deno.test("the name of a bus is its address without user and password", async () => {
  for (const [address, name] of Object.entries(NAMES)) {
    assertEquals((await createBus(address)).name, name);
  }
});

const MALFORMED: Record<string, string> = {
  "local": "Cannot use the bus local: expected scheme://user:password@host:port",
  "amqp://me:s3cret@host": "Cannot use the bus amqp://host: expected one of the schemes " +
    "redis, rediss, nats, nats+tls",
  "redis://me:s3cret@host:port":
    "Cannot use the bus redis://host:port: expected scheme://user:password@host:port",
  "redis://me:s3cret@:6379":
    "Cannot use the bus redis://:6379: expected scheme://user:password@host:port",
  "redis://": "Cannot use the bus redis://: the host is missing, as in redis://127.0.0.1:6379",
  "redis://me:s3/cret@host:1":
    "Cannot use the bus redis://host:1: expected scheme://user:password@host:port",
  "redis://s3?cret@host": "Cannot use the bus redis://host: " +
    "write ? and # in a password as %3F and %23",
  "redis://s3#cret@host": "Cannot use the bus redis://host: " +
    "write ? and # in a password as %3F and %23",
  "redis://host/sessions": "Cannot use the bus redis://host/sessions: " +
    "only a Redis database number can follow the port",
  "nats://host/0": "Cannot use the bus nats://host/0: " +
    "only a Redis database number can follow the port",
  "redis://me:s3cret%@host":
    "Cannot use the bus redis://host: write % in the user or password as %25",
};

for (const [address, message] of Object.entries(MALFORMED)) {
  Deno.test(`the address ${address} is refused without showing its password`, async () => {
    const error = await assertRejects(() => createBus(address), GoerError);
    assertEquals([error.code, error.message], ["GOER_INVALID_ARGUMENT", message]);
    assert(!/s3|cret/.test(`${error.stack}${error.cause}${JSON.stringify(error)}`));
  });
}
