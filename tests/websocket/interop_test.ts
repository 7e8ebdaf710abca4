/** Goer's server with other WebSocket clients, each in a separate process or page. */

import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { NO_CHROMIUM, openBrowser } from "../helpers/browser.ts";
import { bundled } from "../helpers/bundled.ts";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { type Runtime, RUNTIMES, testOnEach } from "../helpers/runtimes.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { installNode, ROOT, VERSIONS } from "../tools.ts";

/** The results of talk.js. */
interface Talk {
  /** Unexpected results. */
  faults: string[];
  /** The negotiated extensions. */
  extensions: string;
  /** How two connections ended for the client: the code, the reason, whether it was clean. */
  ends: [number, string, boolean][];
}

/** A client: uses a server at an address. */
type Client = (address: string) => Promise<Talk>;

const SERVER = "tests/websocket/fixtures/obedient.ts";
const TALKER = `${ROOT}tests/websocket/fixtures/talker.js`;
const WS_TALKER = "tests/websocket/fixtures/talker_ws.ts";

/** The options of the server, and whether a client that offers compression gets it. */
const OPTIONS = [{}, { compression: { threshold: 0 } }];

/** How both connections end for the client, and what the server received for the first. */
const ENDS = [[3001, "", true], [4001, "as you wish 👋", true]];
const SEEN = { code: 3001, reason: "bye 👋" };

/** How long a client in a process may take, in ms. */
const PATIENCE = 60_000;

/** A client in a separate process; the address is appended to the command. */
function processClient(command: readonly string[] | Promise<readonly string[]>): Client {
  return async (address) => {
    const [executable, ...args] = await command;
    const { success, stdout, stderr } = await new Deno.Command(executable, {
      args: [...args, `ws://${address}`],
      cwd: ROOT,
      stdin: "null",
      signal: AbortSignal.timeout(PATIENCE),
    }).output();
    if (!success) throw new Error(`The talk failed: ${new TextDecoder().decode(stderr)}`);
    return JSON.parse(new TextDecoder().decode(stdout));
  };
}

/** Uses every service of a server, and checks what both sides received. */
async function talkWith(
  server: Served<string[]>,
  client: Client,
  compresses: boolean,
): Promise<void> {
  for (const [index, address] of server.ready.entries()) {
    const { faults, extensions, ends } = await client(address);
    assertEquals(faults, []);
    assertEquals(ends, ENDS);
    assertEquals(extensions.includes("permessage-deflate"), compresses && index === 1);
    const seen = [JSON.parse(await server.line()), JSON.parse(await server.line())];
    assertEquals([seen[0], seen[1].code], [SEEN, 4001]);
  }
}

function testServer(
  name: string,
  client: () => Client,
  { compresses, skip }: { compresses: boolean; skip?: string },
): void {
  testOnEach(`the server works with ${name}`, async (runtime) => {
    const args = [JSON.stringify(OPTIONS)];
    await using server = await serve<string[]>(runtime, SERVER, { args });
    await talkWith(server, client(), compresses);
  }, skip);
}

function runtimeNamed(name: string): Runtime | undefined {
  return RUNTIMES.find((runtime) => runtime.name === name);
}

const [node, bun] = ["node", "bun"].map(runtimeNamed);
const newNode = await installNode(VERSIONS.node22).catch(() => undefined);

testServer("npm's ws on Node", () => processClient(bundled(node!).command(WS_TALKER)), {
  compresses: true,
  skip: node === undefined ? "there is no node" : undefined,
});
testServer(
  "the WebSocket of Deno",
  () => processClient([Deno.execPath(), "run", "--allow-net", TALKER]),
  { compresses: false },
);
testServer("the WebSocket of Bun", () => processClient([bun!.path, TALKER]), {
  compresses: true,
  skip: bun === undefined ? "there is no bun" : undefined,
});
testServer("the WebSocket of Node", () => processClient([newNode!, TALKER]), {
  compresses: true,
  skip: newNode === undefined ? "there is no Node with WebSocket" : undefined,
});

const talkSource = await Deno.readTextFile(`${ROOT}tests/websocket/fixtures/talk.js`);

/** Runs the client in a page. */
function pageClient(page: Page, scheme: "ws" | "wss"): Client {
  const source = talkSource.replace("export async", "async");
  return (address) => page.evaluate(`${source}\ntalk(WebSocket, "${scheme}://${address}")`);
}

function testPage(name: string, scheme: "ws" | "wss"): void {
  testOnEach(name, async (runtime) => {
    await using certificate = scheme === "wss" ? await makeCertificate() : undefined;
    const files = certificate === undefined ? [] : [certificate.certFile, certificate.keyFile];
    const args = [JSON.stringify(OPTIONS), ...files];
    await using server = await serve<string[]>(runtime, SERVER, { args });
    await using browser = await openBrowser();
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    await talkWith(server, pageClient(page, scheme), true);
  }, NO_CHROMIUM ?? (scheme === "wss" ? NO_OPENSSL : undefined));
}

testPage("the server works with Chromium", "ws");
testPage("the server works with Chromium over TLS", "wss");
