import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Goer } from "../../mod.ts";
import { until } from "../helpers/wait.ts";
import { client } from "./client.ts";

Deno.test("raw sends to many connections without the protocol, and only if it is true", async () => {
  const goer = new Goer("frame://127.0.0.1:0");
  goer.onConnect = (connection) => connection.join("room");
  await using service = await goer.listen();
  using one = await client(service.address);
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

Deno.test("a number and its digits are the same name in every call", async () => {
  const goer = new Goer("text://127.0.0.1:0");
  const news: unknown[] = [];
  goer.onConnect = (connection) => {
    connection.user = 7 as never;
    connection.join(42);
    connection.join(9n);
    connection.join("9");
  };
  await using service = await goer.listen();
  using one = await client(service.address);
  await until("it is in", async () => await goer.count(42) === 1);
  const [connection] = service.connections;
  assertEquals([connection.user, ...connection.groups], ["7", "42", "9"]);
  for (const group of [42, "42", 42n]) goer.to(group).send(`to ${typeof group}`);
  for (const user of [7, "7"]) goer.toUser(user).send(`to user ${typeof user}`);
  const said = ["to number", "to string", "to bigint", "to user number", "to user string"];
  for (const line of said) assertEquals(await one.line(), line);
  assertEquals([await goer.isOnline(7), (await goer.members(42)).length], [true, 1]);
  const subscription = goer.subscribe(1, (data) => news.push(data));
  goer.publish("1", "a");
  goer.publish(1, "b");
  assertEquals(goer.publishToOne(1, "c"), true);
  assertEquals(goer.worker(0).publish(1, "d"), true);
  assertEquals(news, ["a", "b", "c", "d"]);
  subscription.cancel();
  connection.leave(42);
  assertEquals(await goer.count("42"), 0);
});

Deno.test("an invalid name is a TypeError immediately, and a user can be set to null", async () => {
  const goer = new Goer("text://127.0.0.1:0");
  await using service = await goer.listen();
  using _one = await client(service.address);
  await until("it is there", () => Promise.resolve(service.connections.size === 1));
  const [connection] = service.connections;
  connection.user = "ann";
  connection.user = null as never;
  assertEquals([connection.user, await goer.isOnline("ann")], [undefined, false]);
  for (const wrong of [null, undefined, NaN, Infinity, true, {}, [], Symbol("s")] as never[]) {
    const calls = [
      () => connection.join(wrong),
      () => connection.leave(wrong),
      () => goer.to(wrong),
      () => goer.toUser(wrong),
      () => goer.publish(wrong, "a"),
      () => goer.publishToOne(wrong, "a"),
      () => goer.worker(0).publish(wrong, "a"),
      () => goer.subscribe(wrong, () => {}),
    ];
    for (const call of calls) assertThrows(call, TypeError, "pass a string or a number");
    await assertRejects(() => goer.count(wrong), TypeError, "as the name of a group");
    await assertRejects(() => goer.members(wrong), TypeError, "as the name of a group");
    await assertRejects(() => goer.isOnline(wrong), TypeError, "as the name of a user");
    if (wrong !== null && wrong !== undefined) {
      assertThrows(() => connection.user = wrong, TypeError, "as the name of a user");
    }
  }
  assertThrows(() => goer.subscribe("topic", "no function" as never), TypeError, "no function");
  for (const slot of ["0", -1, 0.5, null, undefined] as never[]) {
    assertThrows(() => goer.worker(slot), TypeError, "pass its slot");
  }
});

Deno.test("receivers can be excluded by connection, member, id or list", async () => {
  const goer = new Goer("text://127.0.0.1:0");
  goer.onConnect = (connection) => connection.join("room");
  await using service = await goer.listen();
  using one = await client(service.address);
  await until("it is in", async () => await goer.count("room") === 1);
  const [connection] = service.connections;
  const [member] = await goer.members("room");
  const ways = [connection, member, connection.id, member.id, [connection], new Set([member.id])];
  for (const except of ways) goer.to("room").send("not for you", { except });
  for (const except of [undefined, null, [], -1]) goer.to("room").send("for you", { except });
  for (let count = 0; count < 4; count++) assertEquals(await one.line(), "for you");
  for (const except of [true, {}, [undefined], [{ id: null }], NaN] as never[]) {
    assertThrows(() => goer.to("room").send("a", { except }), TypeError, "Cannot exclude");
  }
});
