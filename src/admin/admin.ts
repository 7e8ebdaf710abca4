/**
 * The admin listener: metrics and health, served by the supervisor with Goer itself.
 *
 * @module
 */

import { changeMode } from "../runtime/files/file_system.ts";
import { environmentVariable } from "../runtime/process/environment.ts";
import type { AdminHost, AdminListener, Observation } from "../supervisor/admin.ts";
import { type Access, accessOf, hasToken, isForUs } from "./access.ts";
import { CONTENT_TYPES, openMetrics, prometheusText } from "./exposition.ts";
import { liveEvents } from "./live.ts";
import { metricsOf } from "./metrics.ts";
import { livePage } from "./page.ts";
import { serveHttp } from "./serve.ts";

/** How long an observation is used for further requests, in ms: a scrape asks every worker. */
const OBSERVATION_AGE = 200;

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

/** What each path answers. */
class Routes {
  readonly #access: Access;
  readonly #host: AdminHost;
  #observed: { at: number; observation: Promise<Observation> } | undefined;

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
    if (method !== "GET" && method !== "HEAD") return plain(405, "Only GET\n", { allow: "GET" });
    // A probe has no token, and these tell nothing else.
    if (pathname === "/livez") return plain(200, "ok\n");
    if (pathname === "/readyz") return this.#readiness();
    if (pathname === "/") return livePage();
    if (this.#access.token !== undefined && !hasToken(this.#access, headers.get("authorization"))) {
      return plain(401, "This needs the token: Authorization: Bearer <token>\n", {
        "www-authenticate": "Bearer",
      });
    }
    if (pathname === "/metrics") return await this.#metrics(headers.get("accept") ?? "");
    if (pathname === "/status") return Response.json((await this.#observe()).status);
    if (pathname === "/connections") return Response.json(await this.#host.connections());
    if (pathname === "/live") return liveEvents(() => this.#observe(), this.#host);
    return plain(404, "There are /, /live, /metrics, /livez, /readyz, /status and /connections\n");
  }

  #readiness(): Response {
    const unready = this.#host.unready();
    return unready === undefined ? plain(200, "ok\n") : plain(503, `not ready: ${unready}\n`);
  }

  async #metrics(accept: string): Promise<Response> {
    const families = metricsOf(await this.#observe());
    return accept.includes("application/openmetrics-text")
      ? plain(200, openMetrics(families), { "content-type": CONTENT_TYPES.openMetrics })
      : plain(200, prometheusText(families), { "content-type": CONTENT_TYPES.prometheus });
  }

  /** Many requests at a time share one observation. */
  #observe(): Promise<Observation> {
    const now = performance.now();
    if (this.#observed === undefined || now - this.#observed.at > OBSERVATION_AGE) {
      this.#observed = { at: now, observation: this.#host.observe() };
    }
    return this.#observed.observation;
  }
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
