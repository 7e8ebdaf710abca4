/**
 * What an app can do with its `Request`. Each case returns its observations as JSON.
 *
 * @module
 */

/** The context of a case. */
export type RequestCase = (request: Request) => unknown;

/** The name of the error that a call throws or rejects with. */
export async function failure(call: () => unknown): Promise<string> {
  try {
    await call();
    return "none";
  } catch (error) {
    return (error as Error).name;
  }
}

/** Header fields without those that differ from client to client. */
export function fieldsOf(headers: Headers): string[][] {
  const own = ["accept", "accept-encoding", "accept-language", "connection", "host", "user-agent"];
  return [...headers].filter(([name]) => ![...own, "sec-fetch-mode"].includes(name));
}

async function summary(request: Request): Promise<unknown> {
  const { method, url, headers } = request;
  return [method, new URL(url).pathname, fieldsOf(headers), await request.text()];
}

function echoUrl(request: Request): URL {
  return new URL("/echo", request.url);
}

const PROPERTIES = [
  ...["method", "bodyUsed", "redirect", "cache", "credentials", "mode", "referrer"],
  ...["referrerPolicy", "integrity", "keepalive", "destination", "duplex", "isHistoryNavigation"],
] as const;

/** Properties, and language features of the object. */
const objectCases: Record<string, RequestCase> = {
  properties: (request) => PROPERTIES.map((name) => [name, Reflect.get(request, name)]),
  "url without its host": (request) => request.url.slice(new URL(request.url).origin.length),
  "instances": (request) => [
    request instanceof Request,
    request.headers instanceof Headers,
    request.signal instanceof AbortSignal,
    request.body instanceof ReadableStream,
    Object.prototype.toString.call(request),
    Object.prototype.toString.call(request.headers),
    String(request),
  ],
  "members of the prototype": (request) =>
    Object.getOwnPropertyNames(Request.prototype).sort()
      .filter((name) => name !== "constructor")
      .map((name) => [name, name in request, typeof Reflect.get(request, name)]),
  "the same object each time": (request) => [
    request.headers === request.headers,
    request.signal === request.signal,
    request.body === request.body,
  ],
  "properties cannot be set": async (request) => [
    await failure(() => Object.assign(request, { method: "PUT" })),
    await failure(() => Object.assign(request, { url: "/" })),
    request.method,
  ],
  "the signal is not aborted": (request) => request.signal.aborted,
};

/** The ways to read a body. */
const bodyCases: Record<string, RequestCase> = {
  text: (request) => request.text(),
  json: (request) => request.json(),
  arrayBuffer: async (request) => [...new Uint8Array(await request.arrayBuffer())],
  bytes: async (request) => [...await request.bytes()],
  blob: async (request) => {
    const blob = await request.blob();
    return [blob.type, blob.size, await blob.text(), blob instanceof Blob];
  },
  formData: async (request) => {
    const form = await request.formData();
    const values = await Promise.all([...form].map(async ([name, value]) => {
      return [name, typeof value === "string" ? value : [value.name, await value.text()]];
    }));
    return [form instanceof FormData, values];
  },
  "the kinds of what is read": async (request) => {
    const clones = [request.clone(), request.clone(), request.clone()];
    return [
      await clones[0].arrayBuffer() instanceof ArrayBuffer,
      await clones[1].bytes() instanceof Uint8Array,
      await clones[2].blob() instanceof Blob,
      await request.text(),
    ];
  },
  stream: async (request) => {
    let text = "";
    for await (const piece of request.body!.pipeThrough(new TextDecoderStream())) text += piece;
    return [text, request.bodyUsed];
  },
  tee: async (request) => {
    const bodies = request.body!.tee();
    return await Promise.all(bodies.map((body) => new Response(body).text()));
  },
  "the body is used once reading begins": async (request) => {
    const before = request.bodyUsed;
    const text = request.text();
    return [before, request.bodyUsed, await text, request.bodyUsed];
  },
  "a body is read once": async (request) => {
    await request.text();
    const calls = ["text", "json", "arrayBuffer", "bytes", "blob", "formData"] as const;
    const names = await Promise.all(calls.map((call) => failure(() => request[call]())));
    return [names, await failure(() => request.clone()), await failure(() => new Request(request))];
  },
  "a body is used when somebody has read from it": async (request) => {
    const reader = request.body!.getReader();
    const locked = [request.bodyUsed, await failure(() => request.text())];
    await reader.read();
    return [locked, request.bodyUsed];
  },
  "a body that was only looked at can be read": async (request) => {
    const { body } = request;
    return [body!.locked, await request.text(), request.bodyUsed];
  },
  "a cancelled body": async (request) => {
    await request.body!.cancel();
    return [request.bodyUsed, await failure(() => request.text())];
  },
  "json of what is not JSON": (request) => failure(() => request.json()),
  "formData of what is no form": (request) => failure(() => request.formData()),
};

/** Requests created from it. */
const copyCases: Record<string, RequestCase> = {
  clone: async (request) => {
    const clone = request.clone();
    return [clone instanceof Request, await summary(clone), await summary(request)];
  },
  "clone of a clone": async (request) => await summary(request.clone().clone()),
  "fields of a clone are its own": (request) => {
    const clone = request.clone();
    clone.headers.set("x-a", "changed");
    return [request.headers.get("x-a"), clone.headers.get("x-a")];
  },
  "new Request(request)": async (request) => {
    const copy = new Request(request);
    return [copy instanceof Request, request.bodyUsed, await summary(copy), request.bodyUsed];
  },
  "new Request(request, init)": async (request) => {
    const copy = new Request(request, { method: "PUT", headers: { b: "2" }, body: "other" });
    return await summary(copy);
  },
  "new Request(url, request)": async (request) =>
    await summary(new Request(echoUrl(request), request)),
  "a class that extends Request": async (request) => {
    class Extended extends Request {
      get path(): string {
        return new URL(this.url).pathname;
      }
    }
    const copy = new Extended(request);
    return [copy instanceof Extended, copy instanceof Request, copy.path, await copy.text()];
  },
  "fetch(request)": async (request) => {
    const url = echoUrl(request);
    return await (await fetch(new Request(url, new Request(request)))).json();
  },
  "fetch(url, request)": async (request) => await (await fetch(echoUrl(request), request)).json(),
};

/** Header fields. */
const headerCases: Record<string, RequestCase> = {
  "get and has": ({ headers }) => [
    headers.get("X-A"),
    headers.get("x-none"),
    headers.has("X-B"),
    headers.has("x-none"),
    headers.get("cookie"),
    headers.getSetCookie(),
  ],
  iteration: ({ headers }) => [
    fieldsOf(headers),
    [...headers.keys()].sort().join() === [...headers.keys()].join(),
    [...headers.values()].length === [...headers].length,
    [...headers.entries()].length,
    Object.keys(Object.fromEntries(headers)).length,
  ],
  forEach: ({ headers }) => {
    const seen: unknown[] = [];
    headers.forEach(function (this: unknown, value, name, of) {
      if (name.startsWith("x-")) seen.push([name, value, of === headers, this]);
    }, 7);
    return seen;
  },
  "new Headers(headers)": ({ headers }) => fieldsOf(new Headers(headers)),
  "changes": (request) => {
    const { headers } = request;
    headers.set("x-a", " new ");
    headers.append("x-b", "more");
    headers.append("x-c", 1 as unknown as string);
    headers.delete("content-type");
    return fieldsOf(request.headers);
  },
  "changes are in a copy": async (request) => {
    request.headers.set("x-a", "new");
    const copy = new Request(request);
    return [await summary(copy), fieldsOf(request.headers)];
  },
  "changes after a copy": (request) => {
    const { headers } = request;
    const clone = request.clone();
    headers.set("x-a", "late");
    return [request.headers.get("x-a"), headers.get("x-a"), clone.headers.get("x-a")];
  },
  "names and values that are not valid": async ({ headers }) => [
    await failure(() => headers.get("a b")),
    await failure(() => headers.has("")),
    await failure(() => headers.delete("é")),
    await failure(() => headers.set("a b", "c")),
    await failure(() => headers.append("a", "b\nc")),
    await failure(() => headers.append("a", "€")),
  ],
};

/** All cases, by their names. */
export const requestCases: Record<string, RequestCase> = {
  ...objectCases,
  ...bodyCases,
  ...copyCases,
  ...headerCases,
};
