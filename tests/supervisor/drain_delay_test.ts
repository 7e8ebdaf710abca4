/** The option `drainDelay`. */

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Goer, GoerError } from "../../mod.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { App, askOnce, freePort } from "./app.ts";

/** Longer than any test takes, in ms. */
const LONG = 3_600_000;

function source(port: number, drainDelay: number): string {
  return `export default { listen: "text://127.0.0.1:${port}", drainDelay: ${drainDelay},
    onMessage: (connection, line) => void connection.send(line) };`;
}

testInTurn(
  "a stop reports that the app is not ready, and still serves for drainDelay",
  async (runtime) => {
    const [port, admin] = [freePort(), freePort()];
    await using app = await App.write(runtime, source(port, LONG));
    await app.start(`--admin=http://127.0.0.1:${admin}`);
    const readiness = async () => {
      const response = await fetch(`http://127.0.0.1:${admin}/readyz`);
      return `${response.status} ${await response.text()}`;
    };
    assertEquals([(await app.status()).ready, await readiness()], [true, "200 ok\n"]);
    await using stop = app.spawn("stop");
    await stop.printed("stopping in 3600 s");
    const { phase, ready } = await app.status();
    assertEquals([phase, ready], ["stopping", false]);
    assertEquals(await readiness(), "503 not ready: the app is stopping\n");
    assertMatch((await app.command("status")).out, /stopping \(not ready\) for/);
    assertEquals(await askOnce(port, "still here"), "still here");
    assertEquals((await app.command("stop", "--now")).code, 0);
    assertEquals(await stop.ended(), 0);
  },
);

testInTurn("after drainDelay, the app stops", async (runtime) => {
  await using app = await App.write(runtime, source(freePort(), 200));
  await app.start();
  await app.stop();
});

testInTurn("a reload does not wait for drainDelay", async (runtime) => {
  await using app = await App.write(runtime, source(freePort(), LONG));
  await app.start();
  assertEquals((await app.ask("reload")).ok, true);
});

Deno.test("drainDelay is a whole number of milliseconds", () => {
  const make = () => new Goer("text://:0", { drainDelay: 1.5 });
  assertThrows(make, GoerError, "Invalid option drainDelay");
});
