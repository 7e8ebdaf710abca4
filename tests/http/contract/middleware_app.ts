/**
 * A Hono app with Hono's middleware.
 *
 * @module
 */

import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { getCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import { serveStatic } from "hono/serve-static";
import { stream, streamSSE, streamText } from "hono/streaming";
import { timing } from "hono/timing";

const LONG = "a long text ".repeat(500);

/** The app. */
export const middlewareApp: Hono = new Hono();
const app = middlewareApp;

app.use("/cors", cors({ origin: "https://a.example", credentials: true }));
app.get("/cors", (context) => context.json({ cors: true }));
app.use("/etag", etag());
app.get("/etag", (context) => context.text("tagged"));
app.use("/compress/*", compress());
app.get("/compress/text", (context) => context.text(LONG));
app.get("/compress/short", (context) => context.text("short"));
app.use("/auth", basicAuth({ username: "you", password: "secret" }));
app.get("/auth", (context) => context.text("welcome"));
app.use("/limit", bodyLimit({ maxSize: 100 }));
app.post("/limit", async (context) => context.text(await context.req.text()));
app.get("/cookie", (context) => {
  setCookie(context, "seen", "1", { httpOnly: true, path: "/" });
  setCookie(context, "other", "ü");
  return context.json(getCookie(context));
});
app.get("/stream", (context) =>
  stream(context, async (stream) => {
    for (const byte of [1, 2, 3]) await stream.write(Uint8Array.of(byte));
  }));
app.get("/text", (context) =>
  streamText(context, async (stream) => {
    await stream.writeln("one");
    await stream.sleep(1);
    await stream.write("two");
  }));
app.get("/events", (context) =>
  streamSSE(context, async (stream) => {
    await stream.writeSSE({ event: "tick", data: "1", id: "7" });
    await stream.writeSSE({ data: "2" });
  }));
app.use(
  "/files/*",
  serveStatic({
    getContent: (path) =>
      Promise.resolve(path.endsWith("a.txt") ? new Response("a file").body : null),
  }),
);
app.use("/all/*", secureHeaders(), timing({ total: false }), cors(), compress(), etag());
app.use("/all/*", async (context, next) => {
  context.header("x-before", "1");
  await next();
  context.header("x-after", "2");
  context.res.headers.append("x-after", "3");
});
app.get("/all/json", (context) => context.json({ long: LONG }, 201, { "x-own": "4" }));
app.get("/all/html", (context) => context.html("<p>hello"));
app.get("/all/redirect", (context) => context.redirect("/all/html", 303));
app.get("/all/empty", (context) => context.body(null, 204));
app.get("/all/error", () => {
  throw new Error("broken");
});
app.post("/form", async (context) => context.json(await context.req.parseBody()));
app.post("/json", async (context) => context.json(await context.req.json()));
app.post("/proxy", async (context) => {
  const request = new Request(new URL("/json", context.req.url), context.req.raw);
  return await fetch(request);
});
app.onError((error, context) => context.text(error.message, 500));
