/** The chat of the examples in a real Chromium: two visitors talk, over a restart of the server. */

import { assertEquals } from "@std/assert";
import { type Browser, chromium, type Page } from "playwright-core";
import { bundled } from "../helpers/bundled.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { ROOT, which } from "../tools.ts";

const APP = "tests/websocket/fixtures/chat.ts";
/** Where screenshots are left, to be looked at. */
const SCREENSHOTS = `${ROOT}.goer/screenshots`;

const executablePath = await which("chromium");

/** A port that is free now, to come back to after a restart. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A visitor in a window of its own. */
async function visit(
  browser: Browser,
  address: string,
  visitor: { name: string; width: number; height: number; colorScheme: "light" | "dark" },
): Promise<Page> {
  const { name, width, height, colorScheme } = visitor;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  await page.goto(address);
  await page.fill("[name=name]", name);
  await page.fill("[name=room]", "garden");
  await page.click("text=Enter");
  await page.waitForSelector("#status[data-state=online]");
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill("[name=text]", text);
  await page.click("[aria-label=Send]");
}

/** Waits until a page shows a text that the server has said. */
function heard(page: Page, text: string): Promise<unknown> {
  return page.waitForSelector(`.saying:not(.unsent) >> text="${text}"`);
}

function sayings(page: Page): Promise<string[]> {
  return page.locator(".saying p").allTextContents();
}

for (const runtime of RUNTIMES) {
  Deno.test({
    name: executablePath === undefined
      ? `${runtime.name}: the chat in Chromium (skipped: no chromium on PATH)`
      : `${runtime.name}: two visitors of the chat lose nothing over a restart of the server`,
    ignore: executablePath === undefined,
    // Playwright keeps handles of its own to the browser's process.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const address = `http://127.0.0.1:${freePort()}`;
      const env = { CHAT_ADDRESS: address, CHAT_PAGE: `${ROOT}examples/chat/page` };
      const start = () => serve<unknown>(bundled(runtime), APP, { env });
      await Deno.mkdir(SCREENSHOTS, { recursive: true });
      const app = await start();
      const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
      try {
        const desk = { name: "Ann", width: 900, height: 640, colorScheme: "light" } as const;
        const phone = { name: "Bob", width: 390, height: 740, colorScheme: "dark" } as const;
        const ann = await visit(browser, address, desk);
        const bob = await visit(browser, address, phone);
        await ann.waitForSelector('#members:text("Ann (you), Bob")');
        await say(ann, "Hello Bob, how is the garden?");
        await heard(bob, "Hello Bob, how is the garden?");
        await say(bob, "Green! And <b>wet</b> 🌧️");
        await heard(ann, "Green! And <b>wet</b> 🌧️");
        await ann.screenshot({ path: `${SCREENSHOTS}/chat_${runtime.name}_desk.png` });

        await app.stop();
        await bob.waitForSelector("#status[data-state=waiting]");
        await say(bob, "Are you still there?");
        await bob.waitForSelector(".saying.unsent");
        await bob.screenshot({ path: `${SCREENSHOTS}/chat_${runtime.name}_away.png` });
        await using _again = await start();
        await heard(ann, "Are you still there?");
        await heard(bob, "Are you still there?");
        await ann.waitForSelector('#members:text("Ann (you), Bob")');
        await say(ann, "Back again.");
        await heard(bob, "Back again.");
        await bob.screenshot({ path: `${SCREENSHOTS}/chat_${runtime.name}_phone.png` });

        const all = [
          "Hello Bob, how is the garden?",
          "Green! And <b>wet</b> 🌧️",
          "Are you still there?",
          "Back again.",
        ];
        assertEquals(await sayings(ann), all);
        assertEquals(await sayings(bob), all);
      } finally {
        await browser.close();
        await app[Symbol.asyncDispose]();
      }
    },
  });
}
