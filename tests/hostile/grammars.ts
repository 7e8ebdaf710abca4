/**
 * The worst inputs of each grammar that peers use: runs of blanks, of delimiters, of near matches,
 * of repetitions.
 *
 * @module
 */

import { frame } from "../../protocols/frame.ts";
import {
  createHttp,
  type HttpRequest,
  HttpResponse,
  sendFile,
  toWebRequest,
} from "../../protocols/http/mod.ts";
import type { Protocol } from "../../src/protocol/protocol.ts";
import { text } from "../../protocols/text.ts";
import { createWebSocket } from "../../protocols/websocket/mod.ts";
import { bytesOf } from "../helpers/session_harness.ts";
import { withFrames } from "./frames.ts";
import type { Attack } from "./peer.ts";

/** A grammar and one of its worst inputs. */
export interface Grammar extends Attack {
  /** Its name. */
  readonly name: string;
  /** The input, about `size` bytes long. */
  input(size: number): Uint8Array;
}

/** Without limits, so that no input ends early. */
export const http = createHttp({
  maxHeaderSize: 2 ** 20,
  maxHeaderCount: 2 ** 20,
  maxRequestLineSize: 2 ** 20,
  compression: true,
  accessLog: { format: "combined", write: () => {} },
});
export const webSocket = createWebSocket({ compression: true, subprotocols: ["chat"] });

/** `unit` repeated to `size` bytes; `#` in it counts up. */
export function filled(unit: string, size: number): string {
  if (!unit.includes("#")) return unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
  let filling = "";
  for (let count = 0; filling.length < size; count++) filling += unit.replaceAll("#", `${count}`);
  return filling;
}

/** An input for each unit: `before`, repetitions of the unit, `after`. */
function inputs(
  name: string,
  units: readonly string[],
  [before, after]: readonly [string, string],
  attack: Attack,
): Grammar[] {
  return units.map((unit) => ({
    ...attack,
    name: `${name}: ${JSON.stringify(unit)}`,
    input: (size) => bytesOf(before + filled(unit, size) + after),
  }));
}

/** Runs of blanks, delimiters and both. */
const LISTS = [" ", "\t", ",", ";", "=", '"', "a ", "a, ", " , ", "a;", "a=b;", 'a="b", ', "a#,"];

/** A head with one field, which is the input. */
function field(name: string, units: readonly string[], handle: Attack["handle"]): Grammar[] {
  const ends = [`GET / HTTP/1.1\r\nHost: a\r\n${name}: a`, "b\r\n\r\n"] as const;
  return inputs(name, units, ends, { protocol: http, handle });
}

/** Makes a handler read a part of the request and respond. */
export function reading(read: (request: HttpRequest) => unknown): Attack["handle"] {
  return (connection, message) => {
    read(message as HttpRequest);
    connection.send("");
  };
}

/** The same for slow parts. */
export function awaiting(read: (request: HttpRequest) => Promise<unknown>): Attack["handle"] {
  return async (connection, message) => {
    try {
      await read(message as HttpRequest);
    } finally {
      connection.send("");
    }
  };
}

const sendsFile = awaiting((request) => sendFile(request, new URL(import.meta.url).pathname));
const answersText = reading((request) => request.headers);
const readsForm = awaiting((request) => request.form());

const FIELDS: Grammar[] = [
  ...field("X", LISTS, reading((request) => request.headers.get("x"))),
  ...field("Connection", [...LISTS, "close "], reading((request) => request.upgradeRequested)),
  ...field("Transfer-Encoding", [...LISTS, "chunked"], reading(() => {})),
  ...field("Host", ["a", "%41", "a.", "xn--a", "[:", ","], reading((request) => request.url)),
  ...field("Cookie", [...LISTS, "a=; ", "a#=#;"], reading((request) => request.cookies)),
  ...field("Accept-Encoding", [...LISTS, "gzip;q=0,", "*;q=", "x;q=1;"], answersText),
  ...field("Referer", ['"', "\\", "\x80"], answersText),
  ...["If-Match", "If-None-Match", "If-Range", "If-Modified-Since", "Range"].flatMap((name) =>
    field(name, ['""', 'W/"a", ', "W/", '"a ', "bytes=0-0,", "1", " ", "Mon, "], sendsFile)
  ),
  ...inputs("Range", ["0", ",", " ,", "0-0,"], [
    "GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=",
    "-x\r\n\r\n",
  ], { protocol: http, handle: sendsFile }),
  ...inputs("fields", ["a:\r\n", "a#: b\r\n", "a: b\r\n", "cookie: a=b\r\n"], [
    "GET / HTTP/1.1\r\nHost: a\r\n",
    "\r\n",
  ], { protocol: http, handle: reading(({ headers, cookies }) => headers.get("a") ?? cookies) }),
  ...inputs("a head, byte by byte", ["a", " ", "a: ", "a: b\r\n"], [
    "GET / HTTP/1.1\r\nHost: a\r\nX: ",
    "\r\n\r\n",
  ], { protocol: http, handle: reading((request) => request.headers), piece: 1 }),
];

const TARGETS: Grammar[] = [
  ...inputs("query", ["&", "&a", "a=&", "%41", "%", "+", "=", "&a#=#", "%C3"], [
    "GET /?",
    " HTTP/1.1\r\nHost: a\r\n\r\n",
  ], { protocol: http, handle: reading((request) => request.query.get("x")) }),
  ...inputs("path", ["/", "/..", "/.", "a", "%2e/", "%", "|", ";"], [
    "GET /",
    " HTTP/1.1\r\nHost: a\r\n\r\n",
  ], { protocol: http, handle: reading((request) => toWebRequest(request).url) }),
  ...inputs("path of a file", ["/", "/a", "/.", "a", "%41"], [
    "GET /",
    " HTTP/1.1\r\nHost: a\r\n\r\n",
  ], {
    protocol: http,
    handle: awaiting((request) => sendFile(request, request.path, { root: "/" })),
  }),
  ...inputs("absolute target", ["a", "/", "?", "http://", "%41", "[:", ":"], [
    "GET http://a",
    " HTTP/1.1\r\nHost: a\r\n\r\n",
  ], { protocol: http, handle: reading((request) => request.path + request.headers.get("host")) }),
  ...inputs("a target, byte by byte", ["a", "&", "/"], [
    "GET /",
    " HTTP/1.1\r\nHost: a\r\n\r\n",
  ], { protocol: http, handle: reading((request) => request.target), piece: 1 }),
];

/** A request with a body of unknown length. */
function body(name: string, type: string, units: readonly string[], attack: Attack): Grammar[] {
  return units.map((unit) => ({
    ...attack,
    name: `${name}: ${JSON.stringify(unit)}`,
    input(size) {
      const content = filled(unit, size);
      const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\n`;
      return bytesOf(`${head}Content-Length: ${content.length}\r\n\r\n${content}`);
    },
  }));
}

/** A body of one part, whose head or content is the input. */
function part(units: readonly string[], piece?: number): Grammar[] {
  const type = "multipart/form-data; boundary=ab";
  const begin = '--ab\r\nContent-Disposition: form-data; name="a"';
  return units.map((unit) => ({
    name: `multipart${piece === 1 ? ", byte by byte" : ""}: ${JSON.stringify(unit)}`,
    protocol: http,
    handle: readsForm,
    piece,
    input(size) {
      const content = `${begin}${filled(unit, size)}\r\n\r\n\r\n--ab--`;
      const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\n`;
      return bytesOf(`${head}Content-Length: ${content.length}\r\n\r\n${content}`);
    },
  }));
}

const QUOTED = [";", ";a", ";a=", ';a="', '\\"', ' \\" ', '\\"; a', ';a="b"', "; a#=b"];

const BODIES: Grammar[] = [
  ...inputs("Content-Type", [...LISTS, ...QUOTED], [
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Type: multipart/form-data;x=a",
    "\r\n\r\na",
  ], { protocol: http, handle: readsForm }),
  ...body(
    "urlencoded",
    "application/x-www-form-urlencoded",
    ["&", "&a", "&a#=b", "%41", "%", "+", "="],
    { protocol: http, handle: readsForm },
  ),
  ...body("JSON", "application/json", ["[", "[],", '{"a":', '"', "1", " "], {
    protocol: http,
    handle: awaiting((request) => request.json()),
  }),
  ...part([
    ...[" ", ...QUOTED, "\r\n ", "\r\na: b", "\r\na#:", `; filename*=utf-8''%41`, "%22", "'"],
    ...["\r\n\r\n\r", "\r\n\r\n\r\n-", "\r\n\r\n\r\n--", "\r\n\r\n\r\n--a", "\r\n\r\n\r\n--ab"],
    '\r\n\r\n\r\n--ab\r\nContent-Disposition: form-data; name="a"',
  ]),
  ...part([" ", "a", "\r\na#: b", "\r\n\r\na", "\r\n\r\n\r\n--a"], 1),
  ...inputs("multipart boundary", ["a", "-", " "], [
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Type: multipart/form-data;boundary=a",
    "\r\n\r\na",
  ], { protocol: http, handle: readsForm }),
  ...[undefined, 1].flatMap((piece) =>
    inputs(
      `chunked${piece === 1 ? ", byte by byte" : ""}`,
      [
        ...["1\r\na\r\n", "1;a=b\r\na\r\n", "0001\r\na\r\n", "1 ; \t\r\na\r\n", "1;"],
        ...["0\r\na: b", "0\r\na: ", "0\r\na"],
      ],
      ["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "\r\n0\r\n\r\n"],
      {
        protocol: http,
        handle: awaiting((request) => request.bytes()),
        piece,
      },
    )
  ),
  ...inputs("trailers", ["a: b\r\n", "a#: b\r\n", " ", "a:\r\n"], [
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: b",
    "b\r\n\r\n",
  ], { protocol: http, handle: awaiting((request) => request.bytes()), piece: 1 }),
  ...body("a body, byte by byte", "text/plain", ["a"], {
    protocol: http,
    handle: awaiting((request) => request.text()),
    piece: 1,
  }),
];

/** A WebSocket handshake without its optional parts. */
export const UPGRADE =
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** The client side of WebSocket, which receives a server's response. */
const client: Protocol<unknown, unknown> = {
  name: "websocket",
  open: (context) => webSocket.connect!(context as never, "ws://a/") as never,
};

const OFFERS = ["permessage-deflate,", "permessage-deflate; client_max_window_bits=99,"];

const HANDSHAKES: Grammar[] = ["Protocol", "Extensions", "Key", "Version"].flatMap((name) => [
  ...inputs(`Sec-WebSocket-${name}`, [...LISTS, ...OFFERS, "a=b;", 'a="'], [
    `GET / HTTP/1.1\r\nHost: a\r\n${UPGRADE}Sec-WebSocket-${name}: a`,
    "b\r\n\r\n",
  ], { protocol: createWebSocket({ compression: true }), handle: () => {} }),
  ...inputs(`a server's Sec-WebSocket-${name}`, [...LISTS, "\r\na:", ...OFFERS], [
    `HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-${name}: a`,
    "\r\n\r\n",
  ], { protocol: client, handle: () => {}, piece: name === "Key" ? 1 : undefined }),
]).concat(
  inputs("Upgrade", LISTS, [`GET / HTTP/1.1\r\nHost: a\r\nUpgrade: a`, "\r\n\r\n"], {
    protocol: webSocket,
    handle: () => {},
  }),
);

const LINES: Grammar[] = [undefined, 1, 3].flatMap((piece) => [
  ...inputs(`lines in pieces of ${piece}`, ["a", "\n", "\r", "\r\n", "a\n", "\xc3\xa4\n", "\xc3"], [
    "",
    "\n",
  ], { protocol: text, handle: () => {}, piece }),
  ...inputs(`frames in pieces of ${piece}`, ["\0\0\0\x04", "\0\0\0\x05a"], ["", ""], {
    protocol: frame,
    handle: () => {},
    piece,
  }),
  ...withFrames(webSocket as Protocol<unknown, unknown>, UPGRADE, piece),
]);

/** All inputs. */
export const GRAMMARS: readonly Grammar[] = [
  ...FIELDS,
  ...TARGETS,
  ...BODIES,
  ...HANDSHAKES,
  ...LINES,
  ...inputs("an answer's Connection", [" ", ","], [
    "GET / HTTP/1.1\r\nHost: a\r\nX: a",
    "b\r\n\r\n",
  ], {
    protocol: http,
    handle: (connection, message) => {
      const connectionField = (message as HttpRequest).headers.get("x")!;
      connection.send(new HttpResponse("", { headers: { connection: connectionField } }));
    },
  }),
];
