/**
 * What an app can do with `Response`. Each case returns its observations as JSON.
 *
 * @module
 */

import { failure } from "./request_cases.ts";

/** Makes a response. */
export type ResponseCase = () => Response | Promise<Response>;

/** The observable properties of a response. */
export async function described(make: ResponseCase): Promise<unknown> {
  try {
    const response = await make();
    const { status, statusText, ok, type, url, redirected, bodyUsed } = response;
    const properties = { status, statusText, ok, type, url, redirected, bodyUsed };
    const hasBody = response.body !== null;
    const headers = [...response.headers].map(([name, value]) => [name, plain(value)]);
    return { ...properties, hasBody, headers, text: plain(await response.text()) };
  } catch (error) {
    return (error as Error).name;
  }
}

/** Boundaries of forms are random. */
function plain(text: string): string {
  return text.replace(/-{2,}[\w-]+|boundary=\S+/g, "BOUNDARY");
}

function stream(...pieces: string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
}

function form(): FormData {
  const form = new FormData();
  form.set("a", "1");
  return form;
}

/** A value of a wrong type. */
function odd<Type>(value: unknown): Type {
  return value as Type;
}

/** Bodies. */
const bodies: Record<string, ResponseCase> = {
  "no body": () => new Response(),
  undefined: () => new Response(undefined),
  null: () => new Response(null),
  "empty text": () => new Response(""),
  text: () => new Response("hello"),
  "text that is not ASCII": () => new Response("grüß \u{1f600} \ud800"),
  "a text with a byte order mark": () => new Response("\ufefftext"),
  bytes: () => new Response(new Uint8Array([1, 2, 255])),
  "a part of an array": () => new Response(new TextEncoder().encode("abcdef").subarray(2, 4)),
  "an ArrayBuffer": () => new Response(new TextEncoder().encode("abc").buffer),
  "a DataView": () => new Response(new DataView(new TextEncoder().encode("abc").buffer, 1)),
  "a Blob": () => new Response(new Blob(["abc"], { type: "text/html" })),
  URLSearchParams: () => new Response(new URLSearchParams({ a: "1" })),
  FormData: () => new Response(form()),
  "a stream": () => new Response(stream("a", "b")),
  "a number": () => new Response(odd(12)),
};

/** The second argument. */
const inits: Record<string, ResponseCase> = {
  "undefined init": () => new Response("a", undefined),
  "empty init": () => new Response("a", {}),
  "status 201": () => new Response("a", { status: 201 }),
  "status 404": () => new Response(null, { status: 404 }),
  "status 204": () => new Response(null, { status: 204 }),
  "status 304": () => new Response(null, { status: 304 }),
  "status 199": () => new Response("a", { status: 199 }),
  "status 600": () => new Response("a", { status: 600 }),
  "status NaN": () => new Response("a", { status: NaN }),
  "a reason": () => new Response("a", { status: 200, statusText: "Fine" }),
  "fields in an object": () => new Response("a", { headers: { "X-A": "1", b: " 2 " } }),
  "fields in pairs": () => new Response("a", { headers: [["a", "1"], ["a", "2"]] }),
  "fields in Headers": () => new Response("a", { headers: new Headers({ a: "1" }) }),
  "a type": () => new Response("a", { headers: { "Content-Type": "a/b" } }),
  "cookies": () => new Response(null, { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }),
  "a number as a value": () => new Response("a", { headers: odd({ a: 1 }) }),
  "a name that is not valid": () => new Response("a", { headers: { "a b": "1" } }),
  "a value that is not valid": () => new Response("a", { headers: { a: "1\n2" } }),
  "a value beyond Latin-1": () => new Response("a", { headers: { a: "€" } }),
  "a pair of three": () => new Response("a", { headers: odd([["a", "b", "c"]]) }),
  "another response": () =>
    new Response("a", new Response("b", { status: 201, headers: { c: "d" } })),
};

/** Static methods. */
const statics: Record<string, ResponseCase> = {
  json: () => Response.json({ a: [1] }),
  "json with init": () => Response.json(null, { status: 201, headers: { a: "b" } }),
  "json with a type": () =>
    Response.json(1, { headers: { "content-type": "application/problem+json" } }),
  "json of undefined": () => Response.json(undefined),
  "json of a circle": () => {
    const circle: { self?: unknown } = {};
    return Response.json(circle.self = circle);
  },
  redirect: () => Response.redirect("http://localhost/a"),
  "redirect 308": () => Response.redirect("http://localhost/a", 308),
  "redirect 200": () => Response.redirect("http://localhost/a", 200),
  error: () => Response.error(),
};

/** Changes, and responses created from others. */
const changed: Record<string, ResponseCase> = {
  "changed fields": () => {
    const response = new Response("a", { headers: { a: "1", b: "2" } });
    response.headers.set("a", "3");
    response.headers.append("b", "4");
    response.headers.delete("b-none");
    return response;
  },
  "appended cookies": () => {
    const response = new Response("a");
    response.headers.append("set-cookie", "a=1");
    response.headers.append("set-cookie", "b=2");
    return response;
  },
  "fields are copied": () => {
    const headers = new Headers({ a: "1" });
    const response = new Response("a", { headers });
    headers.set("a", "2");
    return response;
  },
  "bytes are copied": () => {
    const bytes = new TextEncoder().encode("abc");
    const response = new Response(bytes);
    bytes.fill(0x7a);
    return response;
  },
  "a clone": () => new Response("a", { status: 201, headers: { b: "c" } }).clone(),
  "what was cloned": () => {
    const response = new Response("a", { headers: { b: "c" } });
    response.clone().headers.set("b", "d");
    return response;
  },
  "a clone after the body was asked for": () => {
    const response = new Response("a");
    return response.body === null ? response : response.clone();
  },
  "a clone of what was read": async () => {
    const response = new Response("a");
    await response.text();
    return response.clone();
  },
  "new Response(body, response)": () => {
    const response = new Response("a", { status: 201, headers: { b: "c" } });
    return new Response(response.body, response);
  },
  "new Response(body) of bytes": () => new Response(new Response(new Uint8Array([65])).body),
  "new Response(body) of what was read": async () => {
    const response = new Response("a");
    const { body } = response;
    await response.text();
    return new Response(body);
  },
  "new Response(body) of a locked one": () => {
    const { body } = new Response("a");
    body!.getReader();
    return new Response(body);
  },
  "a class that extends Response": () => {
    class Extended extends Response {}
    return new Extended("a", { status: 201 });
  },
  "a class that extends Response, of a stream": () => {
    class Extended extends Response {}
    return new Extended(stream("a"), { status: 201 });
  },
};

/** Responses, by their names. */
export const responses: Record<string, ResponseCase> = {
  ...bodies,
  ...inits,
  ...statics,
  ...changed,
};

/** Other observations of an app. */
export const responseCases: Record<string, () => unknown> = {
  instances: async () => {
    class Extended extends Response {}
    const { body, headers } = new Response("a");
    return [
      new Response() instanceof Response,
      Response.json(1) instanceof Response,
      Response.error() instanceof Response,
      await fetch("data:,a") instanceof Response,
      new Extended() instanceof Extended,
      new Extended() instanceof Response,
      new Response() instanceof Extended,
      ({}) instanceof Response,
      body instanceof ReadableStream,
      headers instanceof Headers,
      Object.prototype.toString.call(new Response()),
      Response.name,
    ];
  },
  "members of the prototype": () => {
    const response = new Response("a");
    const names = [
      "arrayBuffer",
      "blob",
      "body",
      "bodyUsed",
      "bytes",
      "clone",
      "formData",
      "headers",
    ];
    return [...names, "json", "ok", "redirected", "status", "statusText", "text", "type", "url"]
      .map((name) => [name, name in response, typeof Reflect.get(response, name)]);
  },
  "the ways to read": async () => {
    const make = () => new Response('{"a":1}', { headers: { "content-type": "a/b" } });
    const blob = await make().blob();
    return [
      await make().text(),
      await make().json(),
      [...await make().bytes()],
      (await make().arrayBuffer()).byteLength,
      [blob.type, blob.size],
      [...await new Response(form()).formData()],
      [...await new Response("a=1", { headers: { "content-type": TYPE } }).formData()],
    ];
  },
  "a body is read once": async () => {
    const response = new Response("a");
    const before = response.bodyUsed;
    const text = response.text();
    return [before, response.bodyUsed, await text, await failure(() => response.text())];
  },
  "no body can be read often": async () => {
    const response = new Response(null);
    return [await response.text(), await response.text(), response.bodyUsed, response.body];
  },
  "a locked body": async () => {
    const response = new Response("a");
    const reader = response.body!.getReader();
    const locked = [response.bodyUsed, await failure(() => response.text())];
    const { value } = await reader.read();
    return [locked, [...value!], response.bodyUsed];
  },
  "both halves of a tee": async () => {
    const bodies = new Response("a").body!.tee();
    return await Promise.all(bodies.map((body) => new Response(body).text()));
  },
  "a clone and its origin": async () => {
    const response = new Response("a");
    const clone = response.clone();
    return [await clone.text(), response.bodyUsed, await response.text()];
  },
  "redirects cannot be changed": () =>
    failure(() => Response.redirect("http://localhost/").headers.set("a", "b")),
};

const TYPE = "application/x-www-form-urlencoded";
