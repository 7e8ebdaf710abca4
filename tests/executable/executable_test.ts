import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { DIST } from "../../npm/build.ts";
import { run } from "../cli/goer.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { freePort } from "../supervisor/app.ts";
import { ROOT } from "../tools.ts";
import { App, testOnExecutables } from "./executables.ts";

const PLAIN = `export default {
  listen: "text://127.0.0.1:0",
  onMessage: (connection, line) => void connection.send(line.toUpperCase()),
};`;

const IMPORTING = `import { Goer } from "@goer/goer";
import { text } from "@goer/goer/protocols/text";
import { http } from "@goer/goer/protocols/http";
export default new Goer("tcp://127.0.0.1:0", {
  protocol: text,
  onMessage: (connection, line) => void connection.send(\`\${line} \${http.name}\`),
});`;

const TYPED = `import { type Connection, Goer } from "@goer/goer";
const answer: string = "typed";
export default new Goer("text://127.0.0.1:0", {
  onMessage: (connection: Connection<string>, line: string) => void connection.send(\`\${answer} \${line}\`),
});`;

testOnExecutables("shows version and help", async ({ path }) => {
  const program = await path();
  assertEquals(await run([program, "--version"]), {
    code: 0,
    out: `${config.version}\n`,
    error: "",
  });
  assertStringIncludes((await run([program, "help", "start"])).out, "goer start <app>");
});

testOnExecutables("shows the licences of its libraries", async ({ path }) => {
  const { code, out } = await run([await path(), "licenses"]);
  assertEquals(code, 0);
  for (const file of [`${ROOT}LICENSE`, `${DIST}THIRD_PARTY_LICENSES`]) {
    assertStringIncludes(out, await Deno.readTextFile(file));
  }
});

testOnExecutables("runs a JavaScript app without imports", async ({ path }) => {
  await using app = await App.write(await path(), { "app.js": PLAIN });
  await app.start();
  assertEquals(await app.ask("hello"), "HELLO");
});

testOnExecutables("resolves imports of Goer by name", async ({ path, name }) => {
  await using app = await App.write(await path(), { "app.js": IMPORTING });
  await app.start();
  assertEquals(await app.ask("hello"), "hello http");
  assertStringIncludes((await app.status()).runtime, name);
});

testOnExecutables("loads what an app imports from its folder", async ({ path }) => {
  await using app = await App.write(await path(), {
    "app.js": `import { answer } from "./other.js";\n${PLAIN.replace("line.to", "answer.to")}`,
    "other.js": `export const answer = "from beside";`,
  });
  await app.start();
  assertEquals(await app.ask("hello"), "FROM BESIDE");
});

testOnExecutables("runs a TypeScript app itself", async ({ path, name }) => {
  await using app = await App.write(await path(), { "app.ts": TYPED });
  await app.start([], { PATH: "/nowhere" });
  assertEquals(await app.ask("hello"), "typed hello");
  assertStringIncludes((await app.status()).runtime, name);
}, { only: "bun" });

testOnExecutables("says what a TypeScript app needs if it is missing", async ({ path }) => {
  await using app = await App.write(await path(), { "app.ts": TYPED });
  const { code, error } = await app.command(["start"], { PATH: "/nowhere" });
  assertEquals(code, 1);
  assertStringIncludes(error, "install deno, bun, or node 22.18 or later");
}, { only: "deno" });

/** A PATH with only one runtime. */
async function pathWith(folder: string, name: string): Promise<string> {
  const bin = `${folder}/bin`;
  await Deno.mkdir(bin);
  await Deno.symlink(RUNTIMES.find((runtime) => runtime.name === name)!.path, `${bin}/${name}`);
  return bin;
}

for (const host of ["deno", "bun", "node"] as const) {
  const skip = RUNTIMES.some(({ name }) => name === host) ? undefined : `there is no ${host}`;
  testOnExecutables(
    `runs and upgrades an app with ${host} from PATH`,
    async ({ path }) => {
      await using app = await App.write(await path(), { "app.mjs": IMPORTING });
      const env = { PATH: await pathWith(app.folder, host) };
      await app.start(["--runtime", host], env);
      assertStringIncludes((await app.status()).runtime, host);
      assertEquals(await app.ask("hello"), "hello http");
      assertEquals((await app.command(["upgrade"], env)).code, 0);
      assertEquals(await app.ask("again"), "again http");
      assertEquals((await app.status()).upgrades, 1);
    },
    { skip, inTurn: true },
  );
}

for (const host of ["deno", "bun"] as const) {
  testOnExecutables(`runs a TypeScript app with ${host} from PATH`, async ({ path }) => {
    await using app = await App.write(await path(), { "app.ts": TYPED });
    await app.start([], { PATH: await pathWith(app.folder, host) });
    assertStringIncludes((await app.status()).runtime, host);
    assertEquals(await app.ask("hello"), "typed hello");
  }, { only: "deno" });
}

testOnExecutables("says which runtime is missing from PATH", async ({ path }) => {
  await using app = await App.write(await path(), { "app.js": PLAIN });
  const { code, error } = await app.command(["start", "--runtime=node"], { PATH: "/nowhere" });
  assertEquals(code, 1);
  assertStringIncludes(error, "cannot find node on PATH");
});

/** Reports which of the supervisor's permissions a worker has. */
const RIGHTS = `export default {
  listen: "text://127.0.0.1:0",
  onMessage(connection, name) {
    connection.send(Deno.permissions.querySync({ name }).state);
  },
};`;

testOnExecutables("gives its workers no unnecessary permissions", async ({ path }) => {
  await using app = await App.write(await path(), { "app.js": RIGHTS });
  await app.start(["--allow=run"]);
  const states = await Promise.all(["ffi", "run", "net"].map((name) => app.ask(name)));
  assertEquals(states, ["prompt", "granted", "granted"]);
}, { only: "deno" });

/** Runs the upgrade under load, after `prefix`, and returns the result. */
async function upgradeUnderLoad(program: string, handoff: string, prefix: string[] = []) {
  const { code, out, error } = await run([
    ...prefix,
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    `--config=${ROOT}deno.json`,
    `${ROOT}tests/executable/upgrade_load.ts`,
    program,
    String(freePort()),
    handoff,
  ]);
  assert(code === 0, error + out);
  return JSON.parse(out);
}

const LOSSLESS = {
  answered: true,
  failed: [],
  outcomes: [0, 0],
  fresh: [true, true],
  upgrades: 2,
  samePid: true,
};

testOnExecutables(
  "can be replaced and upgraded under load without losing anything",
  async ({ path }) => {
    assertEquals(await upgradeUnderLoad(await path(), "inherit"), {
      ...LOSSLESS,
      handoff: "inherit",
    });
  },
  { only: "bun" },
);

/** A network in which the queue of a closing socket moves to others with the same address. */
const NETWORK = [
  "unshare",
  "--net",
  "sh",
  "-ec",
  'ip link set lo up; echo 1 > /proc/sys/net/ipv4/tcp_migrate_req; exec "$0" "$@"',
];

const hasNetwork = await run([...NETWORK, "true"]).then(({ code }) => code === 0, () => false);

testOnExecutables(
  "can be replaced and upgraded under load with new sockets without losing anything",
  async ({ path }) => {
    assertEquals(await upgradeUnderLoad(await path(), "rebind", NETWORK), {
      ...LOSSLESS,
      handoff: "rebind",
    });
  },
  {
    only: "deno",
    skip: hasNetwork ? undefined : "a network of its own with tcp_migrate_req takes root on Linux",
  },
);
