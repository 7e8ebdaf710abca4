/**
 * OpenTelemetry: spans and metrics of HTTP requests, by the semantic conventions. It imports nothing:
 * you pass `@opentelemetry/api`, so an app without it pays nothing.
 *
 * @module
 */

import type { FetchHandler, FetchInfo } from "./http/mod.ts";

/** The used part of a span. */
export interface TelemetrySpan {
  /** Sets an attribute. */
  setAttribute(name: string, value: string | number): unknown;
  /** Adds an event with an error. */
  recordException(error: Error): void;
  /** Sets the status: 2 is an error. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Ends it. */
  end(): void;
}

/** The used part of `@opentelemetry/api`: pass `import * as api from "@opentelemetry/api"`. */
export interface OpenTelemetryApi {
  /** Makes spans. */
  readonly trace: {
    getTracer(name: string): {
      startSpan(name: string, options: object, context: unknown): TelemetrySpan;
    };
    setSpan(context: unknown, span: unknown): unknown;
  };
  /** Knows the span of the current call. */
  readonly context: {
    active(): unknown;
    with<Result>(context: unknown, call: () => Result): Result;
  };
  /** Reads the span of the client from its request. */
  readonly propagation: {
    extract(context: unknown, carrier: unknown, getter: unknown): unknown;
  };
  /** Makes metrics. */
  readonly metrics: {
    getMeter(name: string): {
      createHistogram(name: string, options: object): {
        record(value: number, attributes: Record<string, string | number>): void;
      };
    };
  };
}

/** `SpanKind.SERVER` and `SpanStatusCode.ERROR`. */
const SERVER = 1;
const ERROR = 2;

/** The methods that are attributes: a client could send any number of others. */
const METHODS: ReadonlySet<string> = new Set(
  ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"],
);

/** The buckets that the semantic conventions recommend for `http.server.request.duration`, in s. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Reads fields of a request. */
const FIELDS = {
  get: (headers: Headers, name: string): string | undefined => headers.get(name) ?? undefined,
  keys: (headers: Headers): string[] => [...headers.keys()],
};

/**
 * Wraps a `fetch` handler: each request is a span, until its response begins, and is measured in
 * `http.server.request.duration`. Spans made in the handler are children of it, and it continues the
 * trace of the client (`traceparent`).
 *
 * @param fetch The handler.
 * @param api `@opentelemetry/api`. Its SDK decides what is kept, and where it is sent.
 *
 * @example
 * ```ts ignore
 * import * as api from "@opentelemetry/api";
 * import { traced } from "@goer/goer/opentelemetry";
 *
 * export default {
 *   listen: "http://127.0.0.1:8080",
 *   fetch: traced(() => new Response("hello"), api),
 * };
 * ```
 */
export function traced(fetch: FetchHandler, api: OpenTelemetryApi): FetchHandler {
  const tracer = api.trace.getTracer("@goer/goer");
  const duration = api.metrics.getMeter("@goer/goer").createHistogram(
    "http.server.request.duration",
    {
      description: "Duration of HTTP server requests.",
      unit: "s",
      advice: { explicitBucketBoundaries: BOUNDARIES },
    },
  );
  return async (request, info) => {
    const attributes = attributesOf(request, info);
    const method = attributes["http.request.method"];
    const parent = api.propagation.extract(api.context.active(), request.headers, FIELDS);
    const name = method === "_OTHER" ? "HTTP" : method;
    const span = tracer.startSpan(name, { kind: SERVER, attributes }, parent);
    const measured: Record<string, string | number> = {
      "http.request.method": method,
      "url.scheme": attributes["url.scheme"],
    };
    const start = performance.now();
    try {
      const response = await api.context.with(
        api.trace.setSpan(parent, span),
        () => fetch(request, info),
      );
      const { status } = response;
      measured["http.response.status_code"] = status;
      span.setAttribute("http.response.status_code", status);
      if (status >= 500) {
        measured["error.type"] = String(status);
        span.setAttribute("error.type", String(status));
        span.setStatus({ code: ERROR });
      }
      return response;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      measured["error.type"] = error.name;
      span.setAttribute("error.type", error.name);
      span.recordException(error);
      span.setStatus({ code: ERROR, message: error.message });
      throw thrown;
    } finally {
      duration.record((performance.now() - start) / 1000, measured);
      span.end();
    }
  };
}

/** The attributes of a request, known before its handler is called. */
function attributesOf(request: Request, { remoteAddr }: FetchInfo): Record<string, string> {
  const { method, headers } = request;
  const url = new URL(request.url);
  const attributes: Record<string, string> = {
    "http.request.method": METHODS.has(method) ? method : "_OTHER",
    "url.scheme": url.protocol.slice(0, -1),
    "url.path": url.pathname,
    "server.address": url.hostname,
  };
  if (!METHODS.has(method)) attributes["http.request.method_original"] = method;
  if (url.search !== "") attributes["url.query"] = url.search.slice(1);
  if (remoteAddr.transport !== "unix") attributes["client.address"] = remoteAddr.hostname;
  const agent = headers.get("user-agent");
  if (agent !== null) attributes["user_agent.original"] = agent;
  return attributes;
}
