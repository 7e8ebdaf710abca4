import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { App, askOnce, freePort } from "../supervisor/app.ts";
import { startGroupApp, Talker } from "./talk.ts";

/** Two clients, connected to two workers. */
async function pair(port: number): Promise<[Talker, Talker]> {
  const one = await Talker.connect(port);
  return [one, await Talker.apartFrom(port, one)];
}

testOnEach(
  "a message to a group reaches its members in every worker, except an excluded one",
  async (runtime) => {
    await using running = await startGroupApp(runtime);
    const [one, two] = await pair(running.port);
    using _one = one;
    using _two = two;
    for (const member of [one, two]) assertEquals(await member.ask("join room"), "ok");
    await one.say("say room hello from one");
    assertEquals(await two.line(), "hello from one");
    await two.say("say room hello from two");
    assertEquals(await one.line(), "hello from two");
    await one.say("sayToAll room hello all");
    assertEquals([await one.line(), await two.line()], ["hello all", "hello all"]);
    await one.say("raw room hello");
    for (const member of [one, two]) {
      assertEquals([await member.line(), await member.line()], ["hello", "hello"]);
    }
    assertEquals(await one.ask("groups"), ["room"]);
    assertEquals(await two.ask("leave room"), "ok");
    await one.say("sayToAll room is anybody there?");
    assertEquals(await one.line(), "is anybody there?");
    assertEquals(await two.ask("groups"), []);
  },
);

testOnEach("messages to users and to everyone reach all workers", async (runtime) => {
  await using running = await startGroupApp(runtime);
  const [one, two] = await pair(running.port);
  using _one = one;
  using _two = two;
  // The other worker has never used a group.
  await one.say("broadcast good morning");
  assertEquals([await one.line(), await two.line()], ["good morning", "good morning"]);
  assertEquals([await one.ask("user ann"), await two.ask("user bob")], ["ok", "ok"]);
  assertEquals([await one.ask("isOnline bob"), await one.ask("isOnline eve")], [true, false]);
  await one.say("tell bob psst");
  assertEquals(await two.line(), "psst");
  await two.say("tell bob a note to myself");
  assertEquals(await two.line(), "a note to myself");
});

testOnEach(
  "counts and lists include all workers, and are right again after one is killed",
  async (runtime) => {
    await using running = await startGroupApp(runtime);
    const [one, two] = await pair(running.port);
    using _one = one;
    using _two = two;
    assertEquals(await two.ask("count room"), 0);
    await one.ask("user ann");
    await two.ask("user bob");
    for (const member of [one, two]) await member.ask("join room");
    assertEquals([await one.ask("count room"), await two.ask("count room")], [2, 2]);
    assertEquals(await one.ask("members room"), ["ann", "bob"]);
    await until("bob has joined", async () => {
      return JSON.stringify(await one.ask("events")) ===
        '[["join","room","ann"],["join","room","bob"]]';
    });
    Deno.kill(Number(await two.ask("pid")), "SIGKILL");
    await until("only one is left", async () => await one.ask("count room") === 1);
    assertEquals(await one.ask("members room"), ["ann"]);
    assertEquals(await one.ask("isOnline bob"), false);
    assertEquals((await one.ask("events") as unknown[]).at(-1), ["leave", "room", "bob"]);
  },
);

testOnEach("topics reach every worker, exactly one, or a given one", async (runtime) => {
  await using running = await startGroupApp(runtime);
  const [one, two] = await pair(running.port);
  using _one = one;
  using _two = two;
  const slots = [await one.ask("slot"), await two.ask("slot")];
  assertEquals(slots.toSorted(), [0, 1]);
  const news = async () => [await one.ask("news"), await two.ask("news")] as unknown[][];
  await one.say("publish to all");
  const all = { text: "to" };
  await until("both have the news", async () => {
    return JSON.stringify(await news()) === JSON.stringify([[all], [all]]);
  });
  for (const text of ["a", "b", "c", "d"]) {
    assertEquals(await one.ask(`publishToOne ${text}`), true);
  }
  await until("each has a half of what is for one", async () => {
    return (await news()).every((own) => own.length === 3);
  });
  const taken = (await news()).flatMap((own) => own.slice(1));
  assertEquals(taken.toSorted(), ["a", "b", "c", "d"]);
  assertEquals(await one.ask(`publishTo ${slots[1]} you`), true);
  await until("the other has it", async () => (await news())[1].at(-1) === "you");
  assertEquals(await one.ask(`publishTo ${slots[0]} me`), true);
  assertEquals((await news())[0].at(-1), "me");
  assertEquals(await one.ask("publishTo 7 nobody"), false);
});

testOnEach(
  "members in an old worker and in a new one get each other's messages",
  async (runtime) => {
    await using running = await startGroupApp(runtime);
    const { app, port } = running;
    using old = await Talker.connect(port);
    await old.ask("user old");
    await old.ask("join room");
    for (const command of ["reload", "upgrade", "reload"]) {
      const { code, error } = await app.command(command);
      assertEquals([command, code, error], [command, 0, ""]);
      using fresh = await Talker.apartFrom(port, old);
      await fresh.ask("user new");
      await fresh.ask("join room");
      await fresh.say(`say room after ${command}`);
      assertEquals(await old.line(), `after ${command}`);
      await old.say("say room still here");
      assertEquals(await fresh.line(), "still here");
      assertEquals(await fresh.ask("members room"), ["new", "old"]);
      assertEquals(await old.ask("count room"), 2);
    }
  },
);

testOnEach("messages of one sender arrive in order, even the largest ones", async (runtime) => {
  await using running = await startGroupApp(runtime, { maxSendBufferSize: 64 * 1024 * 1024 });
  const [one, two] = await pair(running.port);
  using _one = one;
  using _two = two;
  await two.ask("join room");
  const SIZE = 10 * 1024 * 1024;
  for (let turn = 0; turn < 3; turn++) {
    await one.say(`say room before ${turn}`);
    await one.say(`big room ${SIZE}`);
    await one.say(`say room after ${turn}`);
  }
  for (let turn = 0; turn < 3; turn++) {
    assertEquals(await two.line(), `before ${turn}`);
    assertEquals((await two.line()).length, SIZE);
    assertEquals(await two.line(), `after ${turn}`);
  }
});

testOnEach("a member that never reads does not delay the others", async (runtime) => {
  await using running = await startGroupApp(runtime);
  const [one, two] = await pair(running.port);
  using _one = one;
  using _two = two;
  using silent = await Talker.apartFrom(running.port, one);
  for (const member of [one, two, silent]) await member.ask("join room");
  // More than a socket's buffers and maxSendBufferSize can hold.
  for (let turn = 0; turn < 32; turn++) {
    await one.say("big room 1000000");
    for (const member of [one, two]) assertEquals((await member.line()).length, 1_000_000);
  }
  assertEquals(await two.ask("count room"), 3);
});

testOnEach(
  "a new worker can ask the others while it starts, and gets their answers",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, "");
    await app.rewrite(`
    import { Goer } from ${JSON.stringify(app.goer)};
    const goer = new Goer("text://127.0.0.1:${port}", { workers: 2, name: "memory" });
    let known = "nothing";
    const said = goer.subscribe("said", (what) => { known = what });
    goer.subscribe("recall", () => { if (known !== "nothing") goer.publish("said", known) });
    goer.onWorkerStart = async () => {
      await said.ready;
      goer.publish("recall", null);
    };
    goer.onMessage = (connection, line) => {
      if (line !== "?") goer.publish("said", line);
      connection.send(known);
    };
    export default goer;`);
    await app.start();
    // The old worker stays while it has a connection. Without one it would still reply.
    using old = await Talker.connect(port);
    await old.say("hello");
    assertEquals(await old.line(), "hello");
    for (const command of ["reload", "upgrade"]) {
      assertEquals((await app.command(command)).code, 0);
      for (let turn = 0; turn < 4; turn++) {
        await until("a new worker knows what was said", async () => {
          return await askOnce(port, "?") === "hello";
        });
      }
    }
  },
);

testOnEach("no message between workers is lost during an upgrade", async (runtime) => {
  await using running = await startGroupApp(runtime);
  const [one, two] = await pair(running.port);
  using _one = one;
  using _two = two;
  for (const member of [one, two]) await member.ask("join room");
  let done = false;
  const upgrade = running.app.command("upgrade").finally(() => done = true);
  let said = 0;
  const talk = async () => {
    for (; !done; said++) {
      await one.say(`say room ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await talk();
  assertEquals((await upgrade).code, 0);
  for (let number = 0; number < said; number++) assertEquals(await two.line(), `${number}`);
});
