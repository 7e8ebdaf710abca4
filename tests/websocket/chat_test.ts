/**
 * The chat of the examples in a real Chromium: two visitors talk, even if the server reloads or
 * dies.
 */

import { assert, assertEquals } from "@std/assert";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { NO_CHROMIUM, openBrowser } from "../helpers/browser.ts";
import { bundle } from "../helpers/bundled.ts";
import { until } from "../helpers/wait.ts";
import { inTurn, type Runtime, RUNTIMES, testOnEach } from "../helpers/runtimes.ts";
import { App, freePort } from "../supervisor/app.ts";
import { ROOT } from "../tools.ts";

const CHAT = "examples/chat/chat.ts";
/** The folder for screenshots. */
const SCREENSHOTS = `${ROOT}.goer/screenshots`;

/** The chat over two workers; the browser that visits it. */
class Chat implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #app: App;
  readonly #browser: BrowserContext;
  readonly #address: string;
  /** The windows of visitors, by their names: opening one takes much CPU time. */
  readonly #windows = new Map<string, Page>();
  /** The room that visitors enter. */
  #room = "";

  private constructor(runtime: Runtime, app: App, browser: BrowserContext, address: string) {
    this.#runtime = runtime;
    this.#app = app;
    this.#browser = browser;
    this.#address = address;
  }

  static async open(runtime: Runtime, browser: Browser): Promise<Chat> {
    const address = `http://127.0.0.1:${freePort()}`;
    const module = runtime.name === "deno" ? ROOT + CHAT : `${await bundle(CHAT)}chat.js`;
    const app = await App.write(runtime, `export { default } from ${JSON.stringify(module)};`);
    app.options = {
      environment: { CHAT_ADDRESS: address, CHAT_PAGE: `${ROOT}examples/chat/page` },
    };
    await app.start();
    await Deno.mkdir(SCREENSHOTS, { recursive: true });
    return new Chat(runtime, app, await browser.newContext(), address);
  }

  /** Runs a test in a room of its own. Then its visitors leave the chat. */
  async inRoom(room: string, body: (chat: Chat) => Promise<void>): Promise<void> {
    this.#room = room;
    try {
      await body(this);
    } finally {
      for (const page of this.#windows.values()) {
        await page.evaluate("sessionStorage.clear()");
        await page.goto(this.#address);
      }
    }
  }

  /** A visitor enters the chat in a window of their own. */
  async visit(
    { name, ...size }: { name: string; width: number; height: number },
    colorScheme: "light" | "dark" = "light",
  ): Promise<Page> {
    const page = this.#windows.get(name) ?? await this.#open(name);
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await page.fill("[name=name]", name);
    await page.fill("[name=room]", this.#room);
    await page.click("text=Enter");
    await online(page);
    return page;
  }

  /** Opens a window. */
  async #open(name: string): Promise<Page> {
    const page = await this.#browser.newPage();
    this.#windows.set(name, page);
    await page.goto(this.#address);
    return page;
  }

  /** The same, with a visitor in another worker than all others. */
  async visitApart(...[visitor, scheme]: Parameters<Chat["visit"]>): Promise<Page> {
    const before = new Set(await this.workers());
    const page = await this.visit(visitor, scheme);
    await until(`${visitor.name} is in a worker of its own`, async () => {
      if ((await this.workers()).some((worker) => !before.has(worker))) return true;
      await page.reload();
      await online(page);
      return false;
    });
    return page;
  }

  /** The workers that have visitors. */
  async workers(): Promise<number[]> {
    const { data } = await this.#app.ask("connections");
    const connections = data as { protocol: string; worker: number }[];
    return connections.filter(({ protocol }) => protocol === "websocket")
      .map(({ worker }) => worker);
  }

  async reload(): Promise<void> {
    const { ok, text } = await this.#app.ask("reload");
    assert(ok, text);
  }

  async upgrade(): Promise<void> {
    const { code, error } = await this.#app.command("upgrade");
    assertEquals([code, error], [0, ""]);
  }

  async stop(): Promise<void> {
    await this.#app.command("stop", "--now");
  }

  async start(): Promise<void> {
    await this.#app.start();
  }

  /** Kills one of the workers that have visitors. */
  async killWorker(): Promise<void> {
    const [worker] = await this.workers();
    const { workers } = await this.#app.status();
    Deno.kill(workers.find(({ id }) => id === worker)!.pid, "SIGKILL");
  }

  async screenshot(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: `${SCREENSHOTS}/chat_${this.#runtime.name}_${name}.png` });
  }

  /** A visitor closes their window. */
  async close(name: string): Promise<void> {
    await this.#windows.get(name)!.close();
    this.#windows.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#app[Symbol.asyncDispose]();
  }
}

async function online(page: Page): Promise<void> {
  await page.waitForSelector("#status[data-state=online]");
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill("[name=text]", text);
  await page.click("[aria-label=Send]");
}

/** Waits until pages show a text that the server has echoed. */
async function heard(text: string, ...pages: Page[]): Promise<void> {
  for (const page of pages) await page.waitForSelector(`.saying:not(.unsent) >> text="${text}"`);
}

/** Waits until pages show exactly these members of the room. */
async function present(names: string[], ...pages: Page[]): Promise<void> {
  for (const page of pages) {
    await until(`${names} are there`, async () => {
      const shown = await page.locator("#members").textContent();
      return shown?.replace(" (you)", "") === names.join(", ");
    });
  }
}

function sayings(page: Page): Promise<string[]> {
  return page.locator(".saying p").allTextContents();
}

const DESK = { name: "Ann", width: 900, height: 640 };
const PHONE = { name: "Bob", width: 390, height: 740 };

/** What visitors of the chat see. */
const STEPS: [name: string, body: (chat: Chat) => Promise<void>, runtimes: readonly Runtime[]][] = [
  ["visitors in different workers talk and see each other", talk, RUNTIMES],
  ["no chat message is lost during reloads and upgrades", talkDuringUpgrades, inTurn(RUNTIMES)],
  ["visitors reconnect when their worker dies", outliveWorker, inTurn(RUNTIMES)],
  ["visitors reconnect when the server dies", outliveServer, inTurn(RUNTIMES)],
];

let browser: Browser;
if (NO_CHROMIUM === undefined) {
  Deno.test.beforeAll(async () => void (browser = await openBrowser()));
  Deno.test.afterAll(() => browser.close());
}

testOnEach("chat", async (runtime, context) => {
  await using chat = await Chat.open(runtime, browser);
  for (const [index, [name, body, runtimes]] of STEPS.entries()) {
    if (!runtimes.includes(runtime)) continue;
    await context.step(name, () => chat.inRoom(`garden ${index}`, body));
  }
}, NO_CHROMIUM);

async function talk(chat: Chat): Promise<void> {
  const ann = await chat.visit(DESK);
  const bob = await chat.visitApart(PHONE, "dark");
  await present(["Ann", "Bob"], ann, bob);
  await say(ann, "Hello Bob, how is the garden?");
  await heard("Hello Bob, how is the garden?", ann, bob);
  await say(bob, "Green! And <b>wet</b> 🌧️");
  await heard("Green! And <b>wet</b> 🌧️", ann, bob);
  await chat.screenshot(ann, "desk");
  await chat.screenshot(bob, "phone");
  assertEquals(await sayings(ann), await sayings(bob));
  await chat.close("Bob");
  await present(["Ann"], ann);
}

async function talkDuringUpgrades(chat: Chat): Promise<void> {
  const ann = await chat.visit(DESK);
  const bob = await chat.visitApart(PHONE);
  const said: string[] = [];
  for (const command of ["reload", "upgrade"] as const) {
    let done = false;
    const ordered = chat[command]().finally(() => done = true);
    while (!done || said.length % 4 !== 0) {
      const text = `${command}, number ${said.length}`;
      said.push(text);
      await say(said.length % 2 === 0 ? ann : bob, text);
      await heard(text, ann, bob);
      // Two browsers that write without a pause would leave too little CPU time for starting
      // workers.
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await ordered;
  }
  const before = new Set(await chat.workers());
  assertEquals(before.size, 2, "Ann and Bob are where they were");
  const eve = await chat.visitApart({ ...DESK, name: "Eve" });
  await present(["Ann", "Bob", "Eve"], ann, bob, eve);
  await heard(said.at(-1)!, eve);
  await say(eve, "Who is here?");
  await heard("Who is here?", ann, bob, eve);
  // Visitors in the old workers reconnect.
  for (const page of [ann, bob]) {
    await page.reload();
    await online(page);
    await heard("Who is here?", page);
  }
  await say(ann, "All of us.");
  await heard("All of us.", ann, bob, eve);
  const all = [...said, "Who is here?", "All of us."].slice(-100);
  for (const page of [ann, bob, eve]) assertEquals((await sayings(page)).slice(-100), all);
  assert((await chat.workers()).every((worker) => !before.has(worker)));
}

async function outliveWorker(chat: Chat): Promise<void> {
  const ann = await chat.visit(DESK);
  const bob = await chat.visitApart(PHONE);
  for (let turn = 0; turn < 2; turn++) {
    await chat.killWorker();
    await say(ann, `Still there? ${turn}`);
    await say(bob, `Yes. ${turn}`);
    await heard(`Still there? ${turn}`, ann, bob);
    await heard(`Yes. ${turn}`, ann, bob);
    await present(["Ann", "Bob"], ann, bob);
  }
  const all = ["Still there? 0", "Still there? 1", "Yes. 0", "Yes. 1"];
  for (const page of [ann, bob]) assertEquals((await sayings(page)).toSorted(), all);
}

async function outliveServer(chat: Chat): Promise<void> {
  const ann = await chat.visit(DESK);
  const bob = await chat.visit(PHONE, "dark");
  await say(ann, "Are you there?");
  await heard("Are you there?", ann, bob);
  await chat.stop();
  await bob.waitForSelector("#status[data-state=waiting]");
  await say(bob, "Are you?");
  await bob.waitForSelector(".saying.unsent");
  await chat.screenshot(bob, "away");
  await chat.start();
  await heard("Are you?", ann, bob);
  await present(["Ann", "Bob"], ann, bob);
  for (const page of [ann, bob]) assertEquals(await sayings(page), ["Are you there?", "Are you?"]);
}
