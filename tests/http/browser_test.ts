/** A page in a real Chromium: fetch, a form, and server-sent events. */

import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { NO_CHROMIUM, openBrowser } from "../helpers/browser.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { ROOT } from "../tools.ts";

interface Ready {
  addresses: string[];
}

testOnEach(
  "HTTP: a page in Chromium fetches, sends a form, and receives events",
  async (runtime) => {
    const args = [`${ROOT}tests/http/fixtures`];
    await using site = await serve<Ready>(runtime, "tests/http/fixtures/site.ts", { args });
    await using browser = await openBrowser();
    const page = await browser.newPage();
    await page.goto(`${site.ready.addresses[0]}/page.html`);

    const json = await page.evaluate(async () => {
      const init = { method: "POST", body: JSON.stringify({ text: "grüß dich 🌧️" }) };
      return await (await fetch("/json", init)).json();
    });
    assertEquals(json, { got: { text: "grüß dich 🌧️" } });

    const events = await page.evaluate(() =>
      new Promise((resolve) => {
        const events: unknown[] = [];
        const source = new EventSource("/two");
        source.onmessage = ({ data, lastEventId }) => {
          events.push([lastEventId, data]);
          if (events.length < 5) return;
          source.close();
          resolve(events);
        };
      })
    );
    assertEquals(events, [
      ["1", "after 0"],
      ["2", "after 0"],
      ["3", "after 2"],
      ["4", "after 2"],
      ["5", "after 4"],
    ]);

    await page.fill("[name=title]", "grüß dich");
    const file = { name: "a b.png", mimeType: "image/png", buffer: Buffer.alloc(200_000, "x") };
    await page.setInputFiles("[name=picture]", file);
    await page.click("button");
    await page.waitForURL("**/form");
    assertEquals(
      JSON.parse(await page.locator("body").innerText()),
      [[["title", "grüß dich"]], [["picture", "a b.png", 200_000, true, "x"]]],
    );
    assertEquals(site.stderr, "");
  },
  NO_CHROMIUM,
);
