import { assertEquals, assertThrows } from "@std/assert";
import { Goer } from "../../mod.ts";
import { until } from "../helpers/patience.ts";
import { client } from "./client.ts";

Deno.test("raw goes past the protocol to many, and only where it is true", async () => {
  const goer = new Goer("frame://127.0.0.1:0");
  goer.onConnect = (connection) => connection.join("room");
  await using service = await goer.listen();
  using one = await client(service.addresses[0]);
  await until("it is in", async () => await goer.count("room") === 1);
  goer.broadcast("all\n", { raw: true });
  goer.to("room").send("room\n", { raw: true });
  goer.to("room").send("local\n", { raw: true, local: true });
  goer.to("room").send("framed\n", { raw: false });
  assertEquals([await one.line(), await one.line(), await one.line()], ["all", "room", "local"]);
  assertEquals(await one.line(), "\0\0\0\x0bframed");
  assertThrows(
    () => goer.to("room").send({ not: "bytes" } as never, { raw: true }),
    TypeError,
    "give a Uint8Array or a string",
  );
});
