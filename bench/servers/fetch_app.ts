// Functions from `Request` to `Response`, the same for every server.

import { Hono } from "hono";

type App = (request: Request) => Response | Promise<Response>;

/** Responds with a text. */
function hello(): Response {
  return new Response("hello");
}

/** A Hono app with one route, which responds with JSON. */
const hono = new Hono().get("/", (context) => context.json({ hello: "world" }));

/** Parses JSON and responds with JSON. */
async function post(request: Request): Promise<Response> {
  const { name } = await request.json();
  return Response.json({ name });
}

/** Reads a body of any size as a stream, and responds with its length. */
async function upload(request: Request): Promise<Response> {
  let size = 0;
  for await (const piece of request.body!) size += piece.length;
  return new Response(String(size));
}

/** Sends the number of bytes in the query, as a stream. */
function download(request: Request): Response {
  let left = Number(new URL(request.url).searchParams.get("size"));
  const piece = new Uint8Array(65_536);
  const body = new ReadableStream({
    pull(controller) {
      const size = Math.min(left, piece.length);
      if (size > 0) controller.enqueue(piece.slice(0, size));
      left -= size;
      if (left === 0) controller.close();
    },
  });
  return new Response(body);
}

const APPS: Record<string, App> = { hello, hono: hono.fetch, post, upload, download };

/** The function with this name. */
export function appOf(name: string): App {
  return APPS[name];
}
