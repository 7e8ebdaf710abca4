/**
 * The live page at `/` of the admin listener. It loads nothing else, and runs only its own script.
 *
 * @module
 */

import { SCRIPT } from "./page_script.ts";
import { STYLE } from "./page_style.ts";

/** The page. It contains nothing about the app, so no token is needed. */
export function livePage(): Response {
  const nonce = crypto.randomUUID();
  return new Response(html(nonce), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "content-security-policy": `default-src 'none'; script-src 'nonce-${nonce}'; ` +
        `style-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; ` +
        "form-action 'none'; frame-ancestors 'none'",
    },
  });
}

/** A table whose rows the script fills in. A name that ends with `#` is of a column of numbers. */
function table(id: string, title: string, columns: readonly string[]): string {
  const heads = columns.map((name) =>
    name.endsWith("#")
      ? `<th scope="col" class="number">${name.slice(0, -1)}</th>`
      : `<th scope="col">${name}</th>`
  );
  return `<section aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
<div class="scroll" role="region" aria-labelledby="${id}-title" tabindex="0">
<table id="${id}" aria-labelledby="${id}-title"><thead><tr>${
    heads.join("")
  }</tr></thead><tbody></tbody></table>
</div>
</section>`;
}

function tables(): string {
  const services = ["Name", "Address", "Protocol", "Connections#", "Messages#", "Errors#"];
  const workers = ["Slot#", "Id#", "Process#", "State", "Generation#", "Up#"];
  const connections = ["Peer", "Service", "Worker#", "Age#", "Received#", "Sent#"];
  return [
    table("services", "Services", services),
    table("workers", "Workers", [...workers, "Connections#", "Memory#", "CPU#"]),
    table("connections", "Busiest connections", connections),
  ].join("\n");
}

function html(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Goer</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header>
<h1 id="app">Goer</h1>
<p id="state" role="status">Connecting</p>
<div id="buttons">
<span id="controls" hidden>
<button id="reload" type="button" aria-describedby="outcome">Reload</button>
<button id="upgrade" type="button" aria-describedby="outcome">Upgrade</button>
<button id="abort" type="button" aria-describedby="outcome" hidden>Call off the reload</button>
</span>
<button id="pause" type="button">Pause</button>
</div>
<p id="outcome" role="status"></p>
<p id="facts"></p>
</header>
<main>
<section id="login" hidden>
<form>
<label for="token"><span>Token of this app (GOER_ADMIN_TOKEN)</span>
<input id="token" type="password" autocomplete="current-password" required></label>
<button type="submit">Show</button>
</form>
</section>
<div id="content" hidden>
<section aria-labelledby="charts-title">
<h2 id="charts-title">Since this page was opened, up to 3 minutes</h2>
<div id="charts"></div>
</section>
${tables()}
<section aria-labelledby="log-title">
<h2 id="log-title">Log</h2>
<pre id="log" role="log" aria-live="off" aria-labelledby="log-title" tabindex="0"></pre>
</section>
</div>
</main>
<noscript>This page needs JavaScript. Metrics are at /metrics.</noscript>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`;
}
