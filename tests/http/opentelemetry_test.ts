import * as api from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { assertEquals } from "@std/assert";
import { Goer } from "../../mod.ts";
import { traced } from "../../protocols/opentelemetry.ts";

Deno.test("each request is a span, whose children are those of its handler", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  api.trace.setGlobalTracerProvider(provider);
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metrics });
  api.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const fetchHandler = traced(async ({ url }) => {
    await Promise.resolve();
    api.trace.getTracer("app").startSpan("child").end();
    if (url.endsWith("/throw")) throw new TypeError("as asked");
    return new Response("hello", { status: url.endsWith("/bad") ? 503 : 200 });
  }, api);
  await using service = await new Goer("http://127.0.0.1:0", {
    fetch: fetchHandler,
    logger: () => {},
  }).listen();
  for (const path of ["/good?a=1", "/bad", "/throw"]) {
    await (await fetch(service.address + path)).text();
  }
  const spans = exporter.getFinishedSpans();
  const requests = spans.filter(({ name }) => name === "GET");
  const of = (name: string) => requests.map(({ attributes }) => attributes[name]);
  assertEquals(of("http.response.status_code"), [200, 503, undefined]);
  assertEquals(of("error.type"), [undefined, "503", "TypeError"]);
  assertEquals(of("url.path"), ["/good", "/bad", "/throw"]);
  assertEquals(requests.map(({ status }) => status.code), [0, 2, 2]);
  assertEquals(
    spans.filter(({ name }) => name === "child").map(({ parentSpanContext }) =>
      parentSpanContext?.spanId
    ),
    requests.map((span) => span.spanContext().spanId),
  );
  await reader.forceFlush();
  const [{ descriptor, dataPoints }] = metrics.getMetrics()[0].scopeMetrics[0].metrics;
  assertEquals([descriptor.name, descriptor.unit], ["http.server.request.duration", "s"]);
  assertEquals(
    dataPoints.map(({ attributes }) => attributes["http.response.status_code"]),
    [200, 503, undefined],
  );
  await reader.shutdown();
});
