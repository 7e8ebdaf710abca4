/** The live page of the admin listener, in Chromium. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import { NO_CHROMIUM, openBrowser } from "../helpers/browser.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { until } from "../helpers/wait.ts";
import { livePage } from "../../src/admin/page.ts";
import { App, ask, freePort } from "../supervisor/app.ts";

const TOKEN = "0123456789abcdef";

/** A folder for pictures of the page, for people. */
const PICTURES = Deno.env.get("GOER_PICTURES");

Deno.test({
  name: "the live page shows the app in Chromium on each runtime",
  ignore: NO_CHROMIUM !== undefined,
  async fn(context) {
    await using browser = await openBrowser();
    for (const runtime of RUNTIMES) {
      await context.step(runtime.name, async () => {
        const [port, admin] = [freePort(), freePort()];
        await using app = await App.write(
          runtime,
          `export default { name: "shop", listen: "text://127.0.0.1:${port}", workers: 2,
            onMessage(connection, line) { console.log("<b>" + line); connection.send(line); } };`,
        );
        const isLast = runtime === RUNTIMES.at(-1);
        if (isLast) app.options = { environment: { GOER_ADMIN_TOKEN: TOKEN } };
        await app.start("--admin", String(admin));
        using connection = await Deno.connect({ hostname: "127.0.0.1", port });
        for (let count = 0; count < 5; count++) await ask(connection, `line ${count}`);
        const url = `http://127.0.0.1:${admin}/`;
        const page = await open(browser, url, "light", 1280);
        if (isLast) await enterToken(page);
        await watch(page, app);
        if (isLast) {
          await reloadByKeyboard(page, app);
          await callOffByKeyboard(page, app);
          assertEquals(await ask(connection, "still here"), "still here");
          await upgradeByKeyboard(page, app);
          assertEquals(await ask(connection, "still here"), "still here");
          for (const width of [1280, 390]) {
            await page.setViewportSize({ width, height: 900 });
            assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
            await picture(page, `controls-${width}`);
          }
          return;
        }
        assertEquals(await page.getByRole("button", { name: "Reload", exact: true }).count(), 0);
        await picture(page, `${runtime.name}-light-1280`);
        if (runtime === RUNTIMES[0]) await phone(browser, url);
      });
    }
  },
});

/** Opens the page; every error and every refusal of its policy fails the test. */
async function open(
  browser: Browser,
  url: string,
  colorScheme: "light" | "dark",
  width: number,
): Promise<Page> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    const isRefusal = message.text().includes("401");
    if (message.type() === "error" && !isRefusal) faults.push(message.text());
  });
  await page.goto(url);
  assertEquals(faults, []);
  return page;
}

/** Without the token, the page shows nothing; a wrong one is refused. */
async function enterToken(page: Page): Promise<void> {
  const input = page.getByLabel("Token of this app");
  await input.waitFor();
  assertEquals(await page.locator("#content").isVisible(), false);
  await input.fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("The token is not right").waitFor();
  await input.fill(TOKEN);
  await page.keyboard.press("Enter");
}

/** With the token, a person can reload by keyboard, and sees it happen. */
async function reloadByKeyboard(page: Page, app: App): Promise<void> {
  const button = page.getByRole("button", { name: "Reload", exact: true });
  await button.waitFor();
  const { reloads } = await app.status();
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("Reloaded").waitFor();
  assertEquals((await app.status()).reloads, reloads + 1);
  await page.getByRole("button", { name: "Call off the reload" }).waitFor({ state: "hidden" });
}

/** A reload that takes long can be called off by keyboard. */
async function callOffByKeyboard(page: Page, app: App): Promise<void> {
  const { reloads } = await app.status();
  const source = await Deno.readTextFile(app.module);
  await app.rewrite("await new Promise((resolve) => setTimeout(resolve, 60_000));");
  await page.getByRole("button", { name: "Reload", exact: true }).press("Enter");
  const button = page.getByRole("button", { name: "Call off the reload" });
  await button.waitFor();
  await button.press("Enter");
  await page.getByRole("status").getByText(/[Cc]alled off|--abort/).waitFor();
  await button.waitFor({ state: "hidden" });
  await page.getByRole("status").getByText("running, ready").waitFor();
  const { phase, rollout, reloads: after } = await app.status();
  assertEquals([phase, rollout, after], ["running", undefined, reloads]);
  await app.rewrite(source);
}

/** An upgrade replaces the supervisor, and the page goes on with the next one. */
async function upgradeByKeyboard(page: Page, app: App): Promise<void> {
  await page.getByRole("button", { name: "Upgrade" }).press("Enter");
  await page.getByRole("status").getByText("Upgraded").waitFor();
  assertEquals((await app.status()).upgrades, 1);
  await page.getByRole("status").getByText("running, ready").waitFor();
}

/** What a person sees: the tables, the log, a reload, and the button, by keyboard. */
async function watch(page: Page, app: App): Promise<void> {
  const rows = (name: string) => page.getByRole("table", { name }).locator("tbody tr");
  await rows("Services").first().waitFor();
  assertStringIncludes(await rows("Services").first().innerText(), "shop");
  assertEquals(await rows("Workers").count(), 2);
  assertStringIncludes(await rows("Busiest connections").first().innerText(), "127.0.0.1:");
  // What a peer has sent is text, never markup.
  await page.getByRole("log").getByText("<b>line 4").waitFor();
  assertEquals(await page.locator("main b", { hasText: "line" }).count(), 0);
  await page.getByRole("img", { name: /^Messages per second: now / }).waitFor();
  await page.getByRole("status").getByText("running, ready").waitFor();
  assert((await app.ask("reload")).ok);
  await until("the next generation", async () => {
    const text = await rows("Workers").first().innerText();
    return text.split("\t")[4] === "1";
  });
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Pause" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Resume" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Pause" }).waitFor();
}

/** On a phone and in the dark, nothing is wider than the screen. */
async function phone(browser: Browser, url: string): Promise<void> {
  for (const [colours, width] of [["dark", 390], ["light", 390], ["dark", 1280]] as const) {
    const page = await open(browser, url, colours, width);
    await page.getByRole("table", { name: "Workers" }).locator("tbody tr").first().waitFor();
    assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
    await picture(page, `${colours}-${width}`);
    await page.close();
  }
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await page.waitForTimeout(4000);
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}

Deno.test("the live page loads nothing from elsewhere, and runs only its own script", () => {
  const policy = livePage().headers.get("content-security-policy")!;
  assertStringIncludes(policy, "default-src 'none'");
  assertEquals(/unsafe|\*|http/.test(policy), false);
});
