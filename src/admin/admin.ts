/**
 * The admin listener: metrics and health, served by the supervisor with Goer itself.
 *
 * @module
 */

import { changeMode } from "../runtime/files/file_system.ts";
import { environmentVariable } from "../runtime/process/environment.ts";
import type { AdminCommand, AdminHost, AdminListener, Observation } from "../supervisor/admin.ts";
import { type Access, accessOf, hasToken, isForUs, isFromElsewhere } from "./access.ts";
import { CONTENT_TYPES, openMetrics, prometheusText } from "./exposition.ts";
import { liveEvents } from "./live.ts";
import { metricsOf } from "./metrics.ts";
import { livePage } from "./page.ts";
import { serveHttp } from "./serve.ts";

/** How long an observation is used for further requests, in ms: a scrape asks every worker. */
const OBSERVATION_AGE = 200;

/** The commands, by their paths. */
const COMMANDS: ReadonlyMap<string, AdminCommand> = new Map([
  ["/reload", "reload"],
  ["/abort", "abort"],
  // If it succeeds, this listener closes before there is an answer, and the next supervisor opens one.
  ["/upgrade", "upgrade"],
]);

/**
 * Opens the admin listener.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the address needs a token and has none, and those
 * of a service that cannot listen.
 */
export async function openAdmin(address: string, host: AdminHost): Promise<AdminListener> {
  const access = accessOf(address, environmentVariable("GOER_ADMIN_TOKEN") || undefined);
  const routes = new Routes(access, host);
  const server = await serveHttp(access.address, (request) => routes.answer(request));
  const path = /^http\+unix:\/\/(\/.*)$/.exec(server.address)?.[1];
  if (path !== undefined) changeMode(path, 0o600);
  return server;
}

/** An observation, and its texts by their types. */
interface Observed {
  at: number;
  observation: Promise<Observation>;
  texts: Map<string, string>;
}

/** What each path answers. */
class Routes {
  readonly #access: Access;
  readonly #host: AdminHost;
  #observed: Observed | undefined;

  constructor(access: Access, host: AdminHost) {
    this.#access = access;
    this.#host = host;
  }

  async answer(request: Request): Promise<Response> {
    const { headers, method } = request;
    const { pathname } = new URL(request.url);
    if (!isForUs(this.#access, headers.get("host"))) {
      return plain(403, "This address is only for programs on this machine, by its own name\n");
    }
    const command = COMMANDS.get(pathname);
    if (command !== undefined) return await this.#command(command, request);
    if (method !== "GET" && method !== "HEAD") return plain(405, "Only GET\n", { allow: "GET" });
    // A probe has no token, and these tell nothing else.
    if (pathname === "/livez") return plain(200, "ok\n");
    if (pathname === "/readyz") return this.#readiness();
    if (pathname === "/") return livePage();
    if (this.#access.token !== undefined && !hasToken(this.#access, headers.get("authorization"))) {
      return unauthorized();
    }
    if (pathname === "/metrics") return await this.#metrics(headers.get("accept") ?? "");
    if (pathname === "/status") return Response.json((await this.#observe()).status);
    if (pathname === "/connections") return Response.json(await this.#host.connections());
    if (pathname === "/live") {
      return liveEvents(() => this.#observe(), this.#host, this.#access.token !== undefined);
    }
    return plain(
      404,
      "There are /, /live, /metrics, /livez, /readyz, /status, /connections, " +
        "and POST /reload, /abort and /upgrade\n",
    );
  }

  /** Changes the app: only with the token, and never for a page from elsewhere. */
  async #command(command: AdminCommand, { method, headers }: Request): Promise<Response> {
    if (method !== "POST") return plain(405, "Only POST\n", { allow: "POST" });
    if (this.#access.token === undefined) {
      return plain(403, "Commands need a token: set GOER_ADMIN_TOKEN when you start the app\n");
    }
    if (isFromElsewhere(headers)) return plain(403, "This is only for the page at /\n");
    if (!hasToken(this.#access, headers.get("authorization"))) return unauthorized();
    const { ok, text } = await this.#host.command(command);
    return plain(ok ? 200 : 409, `${text}\n`);
  }

  #readiness(): Response {
    const unready = this.#host.unready();
    return unready === undefined ? plain(200, "ok\n") : plain(503, `not ready: ${unready}\n`);
  }

  async #metrics(accept: string): Promise<Response> {
    const isOpenMetrics = accept.includes("application/openmetrics-text");
    const type = CONTENT_TYPES[isOpenMetrics ? "openMetrics" : "prometheus"];
    const { observation, texts } = this.#latest();
    const observed = await observation;
    let text = texts.get(type);
    if (text === undefined) {
      text = (isOpenMetrics ? openMetrics : prometheusText)(metricsOf(observed));
      texts.set(type, text);
    }
    return plain(200, text, { "content-type": type });
  }

  /** Many requests at a time share one observation. */
  #latest(): Observed {
    const now = performance.now();
    if (this.#observed === undefined || now - this.#observed.at > OBSERVATION_AGE) {
      this.#observed = { at: now, observation: this.#host.observe(), texts: new Map() };
    }
    return this.#observed;
  }

  #observe(): Promise<Observation> {
    return this.#latest().observation;
  }
}

function unauthorized(): Response {
  return plain(401, "This needs the token: Authorization: Bearer <token>\n", {
    "www-authenticate": "Bearer",
  });
}

function plain(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, {
    status,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
    },
  });
}
