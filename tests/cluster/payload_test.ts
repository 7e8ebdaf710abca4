import { assertEquals } from "@std/assert";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, freePort } from "../supervisor/app.ts";
import { Talker } from "./talk.ts";

/** An app whose messages are records with bytes in them; what it publishes is made by `payload`. */
function recordApp(goer: string, port: number): string {
  return `
    import { isDeepStrictEqual } from "node:util";
    import { Goer } from ${JSON.stringify(goer)};

    const records = {
      name: "records",
      input: (buffer) => buffer.indexOf(10) + 1,
      decode: (packet) => new TextDecoder().decode(packet).trim(),
      encode: ({ kind, body }) => new TextEncoder().encode(kind + " " + body.constructor.name + " "
        + body.join(",") + "\\n"),
    };
    const payload = () => ({
      body: Uint8Array.of(1, 2, 255),
      buffer: { list: [Buffer.from("ab").subarray(1)].map((bytes) => new Uint8Array(bytes)) },
      map: new Map([[1, new Date(0)], ["two", new Set([2n])]]),
      numbers: [NaN, -Infinity, -0, 1.5],
      nothing: undefined,
      none: null,
      $: "a key",
      text: "\\ud800 é",
    });
    const goer = new Goer("tcp://127.0.0.1:${port}", { protocol: records, workers: 2 });
    let seen = 0;
    goer.subscribe(5, (data) => { if (isDeepStrictEqual(data, payload())) seen++ });
    const say = (connection, text) =>
      connection.send(new TextEncoder().encode(text + "\\n"), { raw: true });
    goer.onMessage = async (connection, line) => {
      if (line === "pid") say(connection, process.pid);
      if (line === "join") { await connection.join(42); say(connection, "true") }
      if (line === "seen") say(connection, seen);
      if (line === "publish") goer.publish(5, payload());
      if (line === "record") goer.to("42").send({ kind: 7, body: Uint8Array.of(1, 2, 255) });
      if (line === "null") { connection.user = null; say(connection, JSON.stringify(connection.user ?? "none")) }
      if (line === "wrong") {
        try { goer.to(42).send({ kind: 7, body: new DataView(new ArrayBuffer(2)) }) }
        catch (error) { say(connection, JSON.stringify(error.name + ": " + error.message)) }
      }
    };
    export default goer;`;
}

testInTurn(
  "values sent to other workers arrive unchanged, including bytes within them",
  async (runtime) => {
    const port = freePort();
    await using app = await App.write(runtime, "");
    await app.rewrite(recordApp(app.goer, port));
    await app.start();
    using one = await Talker.connect(port);
    using two = await Talker.apartFrom(port, one);
    for (const talker of [one, two]) assertEquals(await talker.ask("join"), true);
    await one.say("record");
    for (const talker of [one, two]) assertEquals(await talker.line(), "7 Uint8Array 1,2,255");
    await one.say("publish");
    await one.say("record"); // Messages are in order, so the published one has arrived, too.
    for (const talker of [one, two]) {
      assertEquals(await talker.line(), "7 Uint8Array 1,2,255");
      assertEquals(await talker.ask("seen"), 1);
      assertEquals(await talker.ask("null"), "none");
    }
    const error = await one.ask("wrong") as string;
    assertEquals(
      error.slice(0, 60),
      "TypeError: Cannot send a DataView, at .body, to other proces",
    );
  },
);
