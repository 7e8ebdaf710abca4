import { assertEquals } from "@std/assert";
import { until } from "../helpers/wait.ts";
import { testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { type RunningGroupApp, startGroupApp, Talker } from "./talk.ts";

/** What an app with two workers does. Each step has a group of its own. */
const STEPS: [name: string, body: (running: RunningGroupApp) => Promise<void>][] = [
  ["a message to a group reaches its members in every worker, except an excluded one", talkInGroup],
  ["messages to users and to everyone reach all workers", talkToUsers],
  ["topics reach every worker, exactly one, or a given one", publishTopics],
  ["messages of one sender arrive in order, even the largest ones", keepOrder],
  ["a member that never reads does not delay the others", ignoreSilentMember],
  ["counts and lists include all workers, and are right again after one is killed", countMembers],
];

/** The size of the largest messages, in bytes. */
const LARGE = 4 * 1024 * 1024;

testOnEach("groups, users and topics", async (runtime, context) => {
  await using running = await startGroupApp(runtime, { maxSendBufferSize: LARGE + 4096 });
  for (const [name, body] of STEPS) await context.step(name, () => body(running));
});

/** Two clients, connected to two workers. */
async function pair(port: number): Promise<[Talker, Talker]> {
  const one = await Talker.connect(port);
  return [one, await Talker.apartFrom(port, one)];
}

async function talkInGroup({ port }: RunningGroupApp): Promise<void> {
  const [one, two] = await pair(port);
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
}

async function talkToUsers({ port }: RunningGroupApp): Promise<void> {
  const [one, two] = await pair(port);
  using _one = one;
  using _two = two;
  await one.say("broadcast good morning");
  assertEquals([await one.line(), await two.line()], ["good morning", "good morning"]);
  assertEquals([await one.ask("user ann"), await two.ask("user bob")], ["ok", "ok"]);
  assertEquals([await one.ask("isOnline bob"), await one.ask("isOnline eve")], [true, false]);
  await one.say("tell bob psst");
  assertEquals(await two.line(), "psst");
  await two.say("tell bob a note to myself");
  assertEquals(await two.line(), "a note to myself");
}

async function publishTopics({ port }: RunningGroupApp): Promise<void> {
  const [one, two] = await pair(port);
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
}

async function keepOrder({ port }: RunningGroupApp): Promise<void> {
  const [one, two] = await pair(port);
  using _one = one;
  using _two = two;
  await two.ask("join order");
  for (let turn = 0; turn < 2; turn++) {
    await one.say(`say order before ${turn}`);
    await one.say(`big order ${LARGE}`);
    await one.say(`say order after ${turn}`);
    assertEquals(await two.line(), `before ${turn}`);
    assertEquals((await two.line()).length, LARGE);
    assertEquals(await two.line(), `after ${turn}`);
  }
}

async function ignoreSilentMember({ port }: RunningGroupApp): Promise<void> {
  const [one, two] = await pair(port);
  using _one = one;
  using _two = two;
  using silent = await Talker.apartFrom(port, one);
  for (const member of [one, two, silent]) await member.ask("join silence");
  // More than a socket's buffers and maxSendBufferSize can hold.
  for (let turn = 0; turn < 20; turn++) {
    await one.say("big silence 1000000");
    for (const member of [one, two]) assertEquals((await member.line()).length, 1_000_000);
  }
  assertEquals(await two.ask("count silence"), 3);
}

async function countMembers({ port }: RunningGroupApp): Promise<void> {
  const [one, two] = await pair(port);
  using _one = one;
  using _two = two;
  assertEquals(await two.ask("count members"), 0);
  await one.ask("user ann");
  await two.ask("user bob");
  for (const member of [one, two]) await member.ask("join members");
  assertEquals([await one.ask("count members"), await two.ask("count members")], [2, 2]);
  assertEquals(await one.ask("members members"), ["ann", "bob"]);
  await until("bob has joined", async () => {
    return JSON.stringify(await one.ask("events members")) ===
      '[["join","members","ann"],["join","members","bob"]]';
  });
  Deno.kill(Number(await two.ask("pid")), "SIGKILL");
  await until("only one is left", async () => await one.ask("count members") === 1);
  assertEquals(await one.ask("members members"), ["ann"]);
  assertEquals(await one.ask("isOnline bob"), false);
  const last = (await one.ask("events members") as unknown[]).at(-1);
  assertEquals(last, ["leave", "members", "bob"]);
}

for (const command of ["upgrade", "reload"] as const) {
  const test = command === "upgrade" ? testOnEach : testInTurn;
  test(`during and after ${command}`, async (runtime, context) => {
    await using running = await startGroupApp(runtime);
    const { app, port } = running;
    const [one, two] = await pair(port);
    using _one = one;
    using _two = two;
    for (const member of [one, two]) await member.ask("join room");
    await one.ask("user old");
    await two.ask("user old");
    await one.say("remember hello");
    await until("all know it", async () => await two.ask("known") === "hello");

    await context.step("no message between workers is lost", async () => {
      let done = false;
      const commanded = app.command(command).finally(() => done = true);
      let said = 0;
      for (; !done; said++) {
        await one.say(`say room ${said}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      const { code, error } = await commanded;
      assertEquals([code, error], [0, ""]);
      for (let number = 0; number < said; number++) assertEquals(await two.line(), `${number}`);
    });

    using fresh = await Talker.apartFrom(port, one, two);
    using other = await Talker.apartFrom(port, one, two, fresh);
    await context.step(
      "members in an old worker and in a new one get each other's messages",
      async () => {
        await fresh.ask("user new");
        await fresh.ask("join room");
        await fresh.say("say room from a new worker");
        for (const old of [one, two]) assertEquals(await old.line(), "from a new worker");
        await one.say("say room from an old worker");
        for (const to of [two, fresh]) assertEquals(await to.line(), "from an old worker");
        assertEquals(await fresh.ask("members room"), ["new", "old", "old"]);
        assertEquals(await one.ask("count room"), 3);
      },
    );

    await context.step(
      "a new worker can ask the others while it starts, and gets their answers",
      async () => {
        for (const talker of [fresh, other]) {
          await until("it knows what was said", async () => await talker.ask("known") === "hello");
        }
      },
    );
  });
}
