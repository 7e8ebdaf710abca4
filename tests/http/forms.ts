/**
 * Forms as bytes, and what a handler gets.
 *
 * @module
 */

import { createHttp, type HttpForm, type MultipartOptions } from "../../protocols/http/mod.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

/** The form of a request from the handler's side, and the response. */
export async function formOf(
  head: string,
  pieces: string[],
  multipart: MultipartOptions = {},
  inspect: (form: HttpForm) => unknown = () => {},
): Promise<{ fields: unknown; answer: string; inspected: unknown }> {
  let fields: unknown;
  let inspected: unknown;
  let settled = false;
  using peer = openHarness(createHttp({ multipart }), {
    async onMessage(connection, request) {
      try {
        const form = await request.form();
        fields = [
          ...form,
          ...form.files().map(({ field, name, type, size }) => {
            return { field, name, type, size };
          }),
        ];
        inspected = await inspect(form);
        connection.send("ok");
      } finally {
        settled = true;
      }
    },
  });
  peer.receive(head);
  for (const piece of pieces) peer.receive(piece);
  for (let turn = 0; !settled; turn++) {
    if (turn > 1000) throw new Error("The form is not read");
    await turns();
  }
  await turns();
  return { fields, answer: peer.sent.slice(9, 12), inspected };
}

/** The head of a request with a form, one character per byte. */
export function post(type: string, body: string): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
}
