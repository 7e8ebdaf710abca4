/** The screens of commands, with fixed data, at different widths. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connectionTable, statusText } from "../../src/cli/tables.ts";
import { bannerText, serviceUrl } from "../../src/supervisor/output/banner.ts";
import { styleOf } from "../../src/supervisor/output/style.ts";
import { terminalLines } from "../../src/supervisor/output/terminal_lines.ts";
import { assertGolden } from "./golden.ts";
import { CONNECTIONS, REPORT } from "./report.ts";

for (const width of [20, 40, 80, 120, Infinity]) {
  Deno.test(`status and connections fit ${width} columns`, async () => {
    for (
      const [name, screen] of Object.entries({
        status: statusText(REPORT, width),
        connections: connectionTable(CONNECTIONS, width),
      })
    ) {
      await assertGolden(`${name}_${width === Infinity ? "wide" : width}`, screen);
      // A path is not cut, so that it can be copied.
      const lines = screen.split("\n").filter((line) => !/^(log )?\//.test(line));
      if (width >= 40) assert(lines.every((line) => line.length <= width), screen);
    }
  });
}

Deno.test("a table has a total only with more than one row", () => {
  assert(!connectionTable(CONNECTIONS.slice(0, 1)).includes("total"));
  assertStringIncludes(connectionTable(CONNECTIONS), "total 2");
});

Deno.test("what limits have done has columns if there is any, with totals", () => {
  assert(!/REFUSED|DELAYED/.test(statusText(REPORT, Infinity)));
  const limited: typeof REPORT = JSON.parse(JSON.stringify(REPORT));
  Object.assign(limited.workers[0].statistics!, { refused: 5, delayed: 2 });
  Object.assign(limited.workers[1].statistics!, { refused: 7 });
  const lines = statusText(limited, Infinity).split("\n");
  const at = lines.findIndex((line) => /REFUSED +DELAYED$/.test(line));
  const last = lines.slice(at + 1, at + 5).map((line) => line.trimEnd().split(/ +/).slice(-2));
  assertEquals(last, [["5", "2"], ["7", "0"], ["-", "-"], ["12", "2"]]);
});

Deno.test("start shows what runs, where, and how to stop it", async () => {
  const { version, runtime, pid, app, services } = REPORT;
  const facts = { version, runtime, pid, app, services, workers: 3, mode: "in the foreground" };
  const banner = (colours: boolean) =>
    bannerText({ ...facts, reload: "goer reload app.ts" }, styleOf(colours));
  await assertGolden("banner", banner(false));
  await assertGolden("banner_colours", banner(true).replaceAll("\x1b", "ESC"));
});

Deno.test("serviceUrl shows an HTTP service as a URL for a browser", () => {
  const shown: [string, string, string][] = [
    ["tcp://127.0.0.1:80", "http", "http://127.0.0.1:80"],
    ["tls://127.0.0.1:443", "http", "https://127.0.0.1:443"],
    ["http+tls://[::]:443", "http", "https://localhost:443"],
    ["wss://example.org:443", "websocket", "wss://example.org:443"],
    ["http+unix:///run/x.sock", "http", "http+unix:///run/x.sock"],
    ["text+udp://127.0.0.1:9", "text", "text+udp://127.0.0.1:9"],
  ];
  for (const [address, protocol, url] of shown) assertEquals(serviceUrl(address, protocol), url);
});

Deno.test("terminalLines shortens log lines and keeps all others", () => {
  const lines = "2026-01-02T03:04:05.678Z error worker 1: it failed: a: b\nraw line\n";
  const shown = terminalLines(lines, styleOf(false));
  assert(/^\d\d:\d\d:05 error worker 1 it failed: a: b\nraw line\n$/.test(shown), shown);
});
