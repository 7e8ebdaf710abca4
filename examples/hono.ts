// Serves a Hono app.
//
//   deno run -A mod.ts start examples/hono.ts
//   curl http://127.0.0.1:8080/hello/you

import { Hono } from "hono";

const app = new Hono();
app.get("/hello/:name", (context) => context.text(`hello ${context.req.param("name")}`));
app.post("/sum", async (context) => {
  const numbers: number[] = await context.req.json();
  return context.json({ sum: numbers.reduce((sum, number) => sum + number, 0) });
});

export default { listen: "http://127.0.0.1:8080", fetch: app };
