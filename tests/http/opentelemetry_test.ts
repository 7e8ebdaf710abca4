/** Spans and metrics with the SDK of OpenTelemetry. */

import { assertEquals } from "@std/assert";
import { bundled } from "../helpers/bundled.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";

/** What the app tells of a span. */
interface Span {
  name: string;
  attributes: Record<string, unknown>;
  status: number;
  trace: string;
  id: string;
  parent?: string;
}

/** What the app has recorded. */
interface Recorded {
  spans: Span[];
  metric: { name: string; unit: string; points: Record<string, unknown>[] };
}

testOnEach("requests are traced and measured", async (runtime, context) => {
  await using app = await serve<{ service: string; control: string }>(
    bundled(runtime),
    "tests/http/fixtures/opentelemetry.ts",
  );
  const { service, control } = app.ready;
  const recorded = async (): Promise<Recorded> => await (await fetch(control)).json();

  await context.step(
    "each request is a span, whose children are those of its handler",
    async () => {
      for (const path of ["/good?a=1", "/bad", "/throw"]) {
        await (await fetch(service + path)).text();
      }
      const { spans, metric } = await recorded();
      const requests = spans.filter(({ name }) => name === "GET");
      const of = (name: string) => requests.map(({ attributes }) => attributes[name]);
      assertEquals(of("http.response.status_code"), [200, 503, undefined]);
      assertEquals(of("error.type"), [undefined, "503", "TypeError"]);
      assertEquals(of("url.path"), ["/good", "/bad", "/throw"]);
      assertEquals(of("url.query"), ["a=1", undefined, undefined]);
      assertEquals(requests.map(({ status }) => status), [0, 2, 2]);
      assertEquals(
        spans.filter(({ name }) => name === "child").map(({ parent }) => parent),
        requests.map(({ id }) => id),
      );
      assertEquals([metric.name, metric.unit], ["http.server.request.duration", "s"]);
      const statuses = metric.points.map((point) => point["http.response.status_code"]);
      assertEquals(statuses, [200, 503, undefined]);
    },
  );

  await context.step("a span continues the trace of the client, and passes it on", async () => {
    const [trace, parent] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
    const headers = { traceparent: `00-${trace}-${parent}-01` };
    await (await fetch(`${service}/outer`, { headers })).text();
    const { spans } = await recorded();
    const requests = spans.filter(({ name }) => name === "GET");
    const [inner, outer] = ["/inner", "/outer"].map((path) =>
      requests.find(({ attributes }) => attributes["url.path"] === path)
    );
    assertEquals([outer?.trace, outer?.parent], [trace, parent]);
    assertEquals([inner?.trace, inner?.parent], [trace, outer?.id]);
  });

  await context.step("a header that is not valid begins a new trace", async () => {
    await (await fetch(service, { headers: { traceparent: "00-zz-1-01" } })).text();
    const { spans } = await recorded();
    assertEquals(spans.find(({ name }) => name === "GET")?.parent, undefined);
  });
});
