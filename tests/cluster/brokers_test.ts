import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import {
  type Broker,
  type BrokerKind,
  freePort as freeBrokerPort,
  NATS,
  REDIS,
} from "./drivers/brokers.ts";
import { until } from "../helpers/wait.ts";
import { type Runtime, testInTurn, testOnEach } from "../helpers/runtimes.ts";
import { App, familyOf, freePort } from "../supervisor/app.ts";
import { groupApp, type RunningGroupApp, startGroupApp, Talker } from "./talk.ts";

/** Sends a line to a broker without a client library: both brokers accept plain text. */
async function publishByHand({ scheme }: BrokerKind, port: number, channel: string, text: string) {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const line = scheme === "redis"
    ? `PUBLISH ${channel} ${text}\r\n`
    : `CONNECT {"verbose":false}\r\nPUB ${channel} ${text.length}\r\n${text}\r\nPING\r\n`;
  await connection.write(new TextEncoder().encode(line));
  const answer = new Uint8Array(4096);
  const wanted = scheme === "redis" ? /^:\d/m : /^PONG/m;
  let heard = "";
  while (!wanted.test(heard)) {
    heard += new TextDecoder().decode(answer.subarray(0, await connection.read(answer) ?? 0));
  }
}

/** What `status` shows about the buses to other machines. */
async function buses({ app }: RunningGroupApp) {
  const workers = await until("numbers of all workers", async () => {
    const { workers } = await app.status();
    return workers.every(({ statistics }) => statistics !== undefined) && workers;
  });
  return workers.flatMap(({ statistics }) =>
    statistics!.clusters.flatMap(({ buses, nodes, malformed }) =>
      buses.filter(({ name }) => name !== "local").map((bus) => ({ ...bus, nodes, malformed }))
    )
  );
}

/** Two supervisors that reach each other only through a broker, which tests kill and start again. */
interface Machines {
  kind: BrokerKind;
  broker: Broker;
  bus: string;
  here: RunningGroupApp;
  there: RunningGroupApp;
}

/** What they do. Each step has a group of its own, and leaves a broker. The last one stops one. */
const STEPS: [name: string, body: (machines: Machines) => Promise<void>][] = [
  ["two supervisors share groups", shareGroups],
  [
    "messages to others are queued while a broker is away, and local ones are delivered",
    surviveAbsence,
  ],
  ["nothing is lost if the broker is away twice", surviveTwoAbsences],
  ["the members of a killed worker or a stopped machine disappear immediately", forgetTheGone],
];

for (const kind of [REDIS, NATS]) {
  // Each runtime has its own sockets to brokers, which the tests of the drivers use with both.
  const test = kind === REDIS ? testOnEach : testInTurn;
  test(`${kind.scheme}: machines`, async (runtime, context) => {
    const broker = await kind.start();
    const bus = `${kind.scheme}://127.0.0.1:${broker.port}`;
    await using here = await startGroupApp(runtime, { name: "chat", bus });
    await using there = await startGroupApp(runtime, { name: "chat", bus });
    const machines: Machines = { kind, broker, bus, here, there };
    await using _broker = { [Symbol.asyncDispose]: () => machines.broker.kill() };
    // Queuing does not depend on the broker.
    const steps = STEPS.filter(([, body]) => kind === REDIS || body !== surviveTwoAbsences);
    for (const [name, body] of steps) await context.step(name, () => body(machines));
  }, kind.missing);
  testInTurn(
    `${kind.scheme}: a start without its broker fails with a reason`,
    (runtime) => failAlone(runtime, kind),
    kind.missing,
  );
}

testInTurn("a start without its broker continues alone if the app permits it", continueAlone);

async function shareGroups({ kind, broker, here, there }: Machines): Promise<void> {
  using ann = await Talker.connect(here.port);
  using sue = await Talker.apartFrom(here.port, ann);
  using bob = await Talker.connect(there.port);
  for (const [talker, user] of [[ann, "ann"], [sue, "sue"], [bob, "bob"]] as const) {
    await talker.ask(`user ${user}`);
    await talker.ask("join room");
  }
  assertEquals([await ann.ask("count room"), await bob.ask("count room")], [3, 3]);
  assertEquals(await bob.ask("members room"), ["ann", "bob", "sue"]);
  assertEquals([await ann.ask("isOnline bob"), await bob.ask("isOnline eve")], [true, false]);
  await ann.say("say room hello");
  assertEquals([await sue.line(), await bob.line()], ["hello", "hello"]);
  await bob.say("tell sue psst");
  assertEquals(await sue.line(), "psst");
  await bob.say("broadcast to everyone");
  for (const talker of [ann, sue, bob]) assertEquals(await talker.line(), "to everyone");
  await ann.say("big room 3000000");
  for (const talker of [ann, sue, bob]) assertEquals((await talker.line()).length, 3e6);
  for (const text of ["rubbish", "g\x01\x03"]) {
    await publishByHand(kind, broker.port, "goer.control", text);
  }
  await until("foreign messages are counted", async () => {
    return (await buses(here)).every(({ malformed }) => malformed === 2);
  });
}

async function surviveAbsence(machines: Machines): Promise<void> {
  const { kind, broker, bus, here, there } = machines;
  using ann = await Talker.connect(here.port);
  using sue = await Talker.apartFrom(here.port, ann);
  using bob = await Talker.connect(there.port);
  for (const talker of [ann, sue, bob]) await talker.ask("join absence");
  await until("all are there", async () => await ann.ask("count absence") === 3);
  await broker.kill();
  await until("the bus is away", async () => {
    return (await Promise.all([here, there].map(buses))).flat()
      .every(({ state }) => state === "away");
  });
  // Workers of one machine still reach each other, and messages to the other wait.
  await ann.say("say absence among us");
  assertEquals(await sue.line(), "among us");
  assertEquals(await ann.ask("count absence"), 2);
  assert((await buses(here)).some(({ queued }) => queued > 0));
  machines.broker = await kind.start({ port: broker.port });
  assertEquals(await bob.line(), "among us");
  await until("all count again", async () => await ann.ask("count absence") === 3);
  await bob.say("say absence back again");
  assertEquals([await ann.line(), await sue.line()], ["back again", "back again"]);
  assertStringIncludes(await here.app.log(), `BUS Lost the bus ${bus}`);
}

async function forgetTheGone({ here, there }: Machines): Promise<void> {
  using ann = await Talker.connect(here.port);
  using bob = await Talker.connect(there.port);
  using sue = await Talker.apartFrom(there.port, bob);
  for (const [talker, user] of [[ann, "ann"], [sue, "sue"], [bob, "bob"]] as const) {
    await talker.ask(`user ${user}`);
    await talker.ask("join gone");
  }
  // Who is asked for the count may know more than Ann's worker has heard.
  const heard = async (kind: string) => {
    const events = await ann.ask("events gone") as string[][];
    return events.filter(([what]) => what === kind).map(([, , user]) => user);
  };
  await until("all are there", async () => await ann.ask("count gone") === 3);
  await until("Ann has heard of both", async () => {
    const users = await heard("join");
    return users.includes("bob") && users.includes("sue");
  });
  Deno.kill(Number(await bob.ask("pid")), "SIGKILL");
  await until("bob is gone", async () => await ann.ask("count gone") === 2);
  assertEquals(await ann.ask("members gone"), ["ann", "sue"]);
  await there.app.ask("stop");
  await until("sue is gone", async () => await ann.ask("count gone") === 1);
  await until("Ann has heard of it", async () => (await heard("leave")).length === 2);
  assertEquals(await heard("leave"), ["bob", "sue"]);
}

/** Signals all processes of a machine. */
async function signalAll({ app }: RunningGroupApp, signal: Deno.Signal): Promise<void> {
  const processes = (await familyOf(app)).map((one) => parseInt(one));
  for (const pid of processes) Deno.kill(pid, signal);
}

async function surviveTwoAbsences(machines: Machines): Promise<void> {
  const { kind, broker, here, there } = machines;
  using ann = await Talker.connect(here.port);
  using bob = await Talker.connect(there.port);
  for (const talker of [ann, bob]) await talker.ask("join absences");
  await until("both are there", async () => await ann.ask("count absences") === 2);
  const state = (wanted: string) => async () =>
    (await buses(here)).every(({ state }) => state === wanted);
  await broker.kill();
  await until("the bus is away", state("away"));
  await ann.say("say absences are you there?");
  await signalAll(there, "SIGSTOP");
  {
    // Too short for the other machine, which has not returned when the bus is away again.
    await using second = await kind.start({ port: broker.port });
    await until("the bus is back", state("ready"));
    await second.kill();
  }
  await until("the bus is away again", state("away"));
  // Longer than the wait for others after a bus has returned.
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  await signalAll(there, "SIGCONT");
  machines.broker = await kind.start({ port: broker.port });
  assertEquals(await bob.line(), "are you there?");
}

/** An address at which there is no broker. */
function nowhere({ scheme }: BrokerKind): string {
  return `${scheme}://user:s3cret@127.0.0.1:${freeBrokerPort()}`;
}

async function failAlone(runtime: Runtime, kind: BrokerKind): Promise<void> {
  const bus = nowhere(kind);
  await using failing = await App.write(runtime, groupApp({ port: freePort(), bus, workers: 1 }));
  const { code, out, error } = await failing.command("start");
  assertEquals(code, 1);
  assertStringIncludes(out + error, bus.replace("user:s3cret@", ""));
  assertNotMatch(out + error + await failing.log(), /s3cret/);
}

async function continueAlone(runtime: Runtime): Promise<void> {
  await using alone = await startGroupApp(runtime, { bus: nowhere(REDIS), busRequired: false });
  using ann = await Talker.connect(alone.port);
  using sue = await Talker.apartFrom(alone.port, ann);
  await ann.ask("join room");
  await sue.ask("join room");
  await ann.say("say room hello");
  assertEquals(await sue.line(), "hello");
  assertEquals(await sue.ask("count room"), 2);
  assertNotMatch(await alone.app.log(), /s3cret/);
}
