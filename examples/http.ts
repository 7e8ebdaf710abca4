// A small site: text, JSON, a form with uploads, server-sent events, and files from a folder.
//
//   deno run -A mod.ts start examples/http.ts
//   curl -F name=you -F file=@deno.json http://127.0.0.1:8080/form

import type { Connection } from "@goer/goer";
import {
  type HttpOutgoing,
  type HttpRequest,
  HttpResponse,
  sendEvents,
  sendFile,
} from "@goer/goer/protocols/http";

async function* clock(signal: AbortSignal): AsyncGenerator<{ data: string }> {
  while (!signal.aborted) {
    yield { data: new Date().toISOString() };
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

export default {
  listen: "http://127.0.0.1:8080",
  async onMessage(connection: Connection<HttpOutgoing>, request: HttpRequest): Promise<void> {
    switch (request.path) {
      case "/":
        connection.send(`hello ${request.query.get("name") ?? "world"}\n`);
        break;
      case "/json":
        connection.send(HttpResponse.json({ host: request.host, cookies: request.cookies }));
        break;
      case "/form": {
        const form = await request.form();
        const files = form.files().map(({ name, type, size }) => ({ name, type, size }));
        connection.send(HttpResponse.json({ fields: [...form], files }));
        break;
      }
      case "/events":
        connection.send(sendEvents(clock(request.signal)));
        break;
      default:
        connection.send(await sendFile(request, request.path, { root: "." }));
    }
  },
};
