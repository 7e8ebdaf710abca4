import { assertEquals } from "@std/assert";
import { bundle, scriptOf } from "../../helpers/bundled.ts";

const APP = "tests/cluster/drivers/app.ts";

/** A text that only the client of each broker contains. */
const MARKS = { redis: "UNSUBSCRIBE", nats: "max_payload" };

/** The scripts that are loaded with `script`, itself included. */
async function loadedWith(folder: string, script: string): Promise<Set<string>> {
  const loaded = new Set([script]);
  for (const name of loaded) {
    const text = await Deno.readTextFile(folder + name);
    for (const [, other] of text.matchAll(/^(?:import|\} from|export) .*?"\.\/([^"]+)";$/gm)) {
      loaded.add(other);
    }
  }
  return loaded;
}

/** The clients that `scripts` contain. */
async function clientsIn(folder: string, scripts: Iterable<string>): Promise<string[]> {
  const texts = await Promise.all(Array.from(scripts, (name) => Deno.readTextFile(folder + name)));
  return Object.entries(MARKS).filter(([, mark]) => texts.some((text) => text.includes(mark)))
    .map(([client]) => client);
}

Deno.test("a bundled app loads the client of a broker only with that broker", async () => {
  const folder = await bundle(APP);
  const app = await loadedWith(folder, scriptOf(APP));
  assertEquals(await clientsIn(folder, app), []);
  const drivers = Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => /^(redis|nats)-.*\.js$/.test(name)).sort();
  const clients = await Promise.all(drivers.map(async (driver) => {
    return await clientsIn(folder, await loadedWith(folder, driver));
  }));
  assertEquals(clients, [["nats"], ["redis"]]);
});
