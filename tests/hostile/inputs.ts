/**
 * What clients send to each parser, and the most expensive inputs. Each character is a byte.
 *
 * @module
 */

import { Deflater } from "../../protocols/websocket/deflate.ts";
import { bytesOf, latin1 } from "../helpers/session_harness.ts";
import { fixedBlocks, largeTables, smallTables } from "./deflated.ts";
import { frameOf, STORED } from "./frames.ts";
import { filled, UPGRADE } from "./grammars.ts";

/** A parser. */
export interface Parser {
  readonly name: string;
  /** Its service in `fixtures/costs.ts`. */
  readonly service: "http" | "webSocket" | "text" | "frame";
  /** The first input on each connection, which gets a reply. */
  readonly before?: string;
  /** Inputs of clients, sent one by one. */
  readonly ordinary: string;
  /** Inputs that may cost more, sent in bulk. */
  readonly expensive: Readonly<Record<string, string>>;
  /** True if each message needs a new connection. */
  readonly once?: boolean;
}

/** A request of a browser. */
const FIELDS = "Host: www.example.com\r\n" +
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n" +
  "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n" +
  "Cookie: session=5b7d2c4e9f; theme=dark\r\n";

const URLENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data;boundary=b";
const FORM = "name=John+Doe&email=john%40example.com&message=Hello%2C+this+is+a+message.&agree=on";
const FILE_FORM = '--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nsunset\r\n--b\r\n' +
  'Content-Disposition: form-data; name="picture"; filename="a.jpg"\r\n' +
  `Content-Type: image/jpeg\r\n\r\n${"x".repeat(1000)}\r\n--b--\r\n`;

/** A chat message. */
const CHAT = '{"to":"lobby","text":"Hello, how are you today?"}';

/** A large message of an application. */
const JSON_TEXT = JSON.stringify(
  Array.from({ length: 20 }, (_, id) => ({
    id: id * 7919,
    name: `user ${id * 104_729 % 9973}`,
    tags: ["a", "b"],
    at: `2026-11-${10 + id}T12:00:${id * 37 % 60}Z`,
  })),
);

function post(path: string, type: string, body: string, fields = "Host:a\r\n"): string {
  return `POST ${path} HTTP/1.1\r\n${fields}Content-Type:${type}\r\n` +
    `Content-Length:${body.length}\r\n\r\n${body}`;
}

function get(field: string, unit: string): string {
  return `GET / HTTP/1.1\r\nHost:a\r\n${field}:${filled(unit, 7000)}\r\n\r\n`;
}

const CHUNKED = "POST /bytes HTTP/1.1\r\nHost:a\r\nTransfer-Encoding:chunked\r\n\r\n";
const PART = "--b\r\nContent-Disposition:form-data;name=a\r\n\r\n\r\n";

const HTTP: Parser[] = [
  {
    name: "HTTP, heads",
    service: "http",
    ordinary: `GET /items/42?page=2 HTTP/1.1\r\n${FIELDS}Connection: keep-alive\r\n\r\n`,
    expensive: {
      "bare requests": "GET / HTTP/1.1\r\nHost:a\r\n\r\n",
      "bare requests of HTTP/1.0": "G / HTTP/1.0\r\nConnection:keep-alive\r\n\r\n",
      "empty fields": `GET / HTTP/1.1\r\nHost:a\r\n${"a:\r\n".repeat(98)}\r\n`,
      "blanks": get("X", "a "),
      "commas in Connection": get("Connection", ","),
      "commas in Accept-Encoding": get("Accept-Encoding", ","),
      "codings": get("Accept-Encoding", "gzip;q=0.1,"),
      "quotes in Referer": get("Referer", '"'),
      "a long target": `GET /${"?".repeat(7000)} HTTP/1.1\r\nHost:a\r\n\r\n`,
    },
  },
  {
    name: "HTTP, bodies",
    service: "http",
    ordinary: post("/json", "application/json", CHAT, FIELDS),
    expensive: {
      "bodies of one byte": post("/bytes", "a", "a"),
      "chunks of one byte": `${CHUNKED}${"1\r\na\r\n".repeat(10_000)}0\r\n\r\n`,
      "chunks with extensions": `${CHUNKED}${"1;a\r\na\r\n".repeat(4000)}0\r\n\r\n`,
      "empty chunked bodies": `${CHUNKED}0\r\n\r\n`,
      "trailers": `${CHUNKED}0\r\n${"a:\r\n".repeat(100)}\r\n`,
      "short JSON": post("/json", "a", "1"),
      "arrays": post("/json", "a", `[${"[],".repeat(30_000)}1]`),
      "keys": post("/json", "a", `{${filled('"#":{},', 60_000)}"":1}`),
      "escapes": post("/json", "a", `"${"\\u0041".repeat(10_000)}"`),
      "numbers": post("/json", "a", `[${"1e9,".repeat(15_000)}1]`),
    },
  },
  {
    name: "HTTP, forms",
    service: "http",
    ordinary: post("/form", URLENCODED, FORM, FIELDS),
    expensive: {
      "forms of one field": post("/form", URLENCODED, "a"),
      "short fields": post("/form", URLENCODED, "a&".repeat(1000)),
      "escapes": post("/form", URLENCODED, "%41".repeat(20_000)),
      "no UTF-8": post("/form", URLENCODED, "%ff".repeat(20_000)),
    },
  },
  {
    name: "HTTP, forms with files",
    service: "http",
    ordinary: post("/form", MULTIPART, FILE_FORM, FIELDS),
    expensive: {
      "forms of one field": post("/form", MULTIPART, `${PART}--b--`),
      "short fields": post("/form", MULTIPART, `${PART.repeat(1000)}--b--`),
      "empty files": post(
        "/form",
        MULTIPART,
        `${PART.replace("=a", "=a;filename=a").repeat(99)}--b--`,
      ),
      "line ends": post("/form", MULTIPART, `${PART}${"\r\n--".repeat(15_000)}\r\n--b--`),
      "heads": post("/form", MULTIPART, `${PART.replace("=a", "=a;x=".padEnd(4000, '\\"'))}--b--`),
    },
  },
];

const UPGRADE_HEAD = `GET /chat HTTP/1.1\r\n${FIELDS}${UPGRADE}`;
const OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

/** A client's frame with a typical masking key. */
function sent(first: number, payload: string): string {
  return frameOf(first, payload, [0x37, 0xfa, 0x21, 0x3d]);
}

const deflater = new Deflater({ windowBits: 15, level: 6, takeover: false });

function compressed(payload: string): string {
  return latin1(deflater.compress(bytesOf(payload)));
}

const SOME_TEXT = JSON_TEXT.slice(0, 400);

/** A text that inflates to a little less than 100 times its size, as maxInflationRatio allows. */
const REPEATING = compressed(`${SOME_TEXT}${"a".repeat(17_000)}`);

const WEB_SOCKET: Parser[] = [
  {
    name: "WebSocket, handshakes",
    service: "webSocket",
    once: true,
    ordinary: UPGRADE_HEAD + OFFER,
    expensive: Object.fromEntries(["Protocol", "Extensions"].flatMap((name) => {
      const head = `${UPGRADE_HEAD}Sec-WebSocket-${name}:`;
      return ["a,", "a;", " ", "a#,"].map((unit) => [
        `${name}: ${JSON.stringify(unit)}`,
        `${head} a${filled(unit, 7000)}b\r\n\r\n`,
      ]);
    })),
  },
  {
    name: "WebSocket, frames",
    service: "webSocket",
    before: UPGRADE_HEAD + OFFER,
    ordinary: sent(0x81, CHAT),
    expensive: {
      "empty texts": sent(0x81, ""),
      "texts of one byte": sent(0x81, "a"),
      "texts of one character that is not ASCII": sent(0x81, "\xc3\xa4"),
      "empty bytes": sent(0x82, ""),
      "bytes of one byte": sent(0x82, "a"),
      "pings": sent(0x89, ""),
      "pings with data": sent(0x89, "a".repeat(125)),
      "pongs": sent(0x8a, ""),
      "texts in two empty parts": sent(0x01, "") + sent(0x80, ""),
      "texts in parts of one byte": sent(0x01, "a") + sent(0x00, "a").repeat(9000) + sent(0x80, ""),
      "texts that are not ASCII": sent(0x81, "\xf0\x9f\x98\x80".repeat(30)),
    },
  },
  {
    name: "WebSocket, inflating",
    service: "webSocket",
    before: UPGRADE_HEAD + OFFER,
    ordinary: sent(0xc1, compressed(JSON_TEXT)),
    expensive: {
      "empty texts": sent(0xc1, ""),
      "texts of an empty block": sent(0xc1, "\0"),
      "texts of one byte": sent(0xc1, compressed("a")),
      "blocks that are not compressed": sent(0xc1, STORED.repeat(12_000)),
      "empty blocks": sent(0xc1, latin1(fixedBlocks(40_000, false))),
      "final blocks": sent(0xc1, latin1(fixedBlocks(25_000, true))),
      "texts of one final block": sent(0xc1, latin1(fixedBlocks(1, true))),
      "small tables": sent(0xc1, latin1(smallTables(2000))),
      "texts of a small table": sent(0xc1, latin1(smallTables(1))),
      "large tables": sent(0xc1, latin1(largeTables(400))),
      "texts of a large table": sent(0xc1, latin1(largeTables(1))),
      "bombs": sent(0xc1, compressed("a".repeat(2 ** 20))),
      "bombs that are not ASCII": sent(0xc1, compressed("\xc3\xa4".repeat(2 ** 19))),
      "texts of 96 times their size": sent(0xc1, REPEATING),
      "bytes of 96 times their size": sent(0xc2, REPEATING),
      "texts of one character that is not ASCII": sent(
        0xc1,
        compressed(`${SOME_TEXT}${"\xc3\xa4".repeat(8_500)}`),
      ),
    },
  },
];

/** All parsers. */
export const PARSERS: readonly Parser[] = [
  ...HTTP,
  ...WEB_SOCKET,
  {
    name: "text",
    service: "text",
    ordinary: `${CHAT}\n`,
    expensive: {
      "empty lines": "\n",
      "empty lines with CR": "\r\n",
      "lines of one byte": "a\n",
      "lines of one character that is not ASCII": "\xc3\xa4\n",
      "empty lines and one that is not ASCII": `${"\n".repeat(1000)}\xc3\xa4\n`,
      "a line that is not ASCII": `${"\xf0\x9f\x98\x80".repeat(2000)}\n`,
    },
  },
  {
    name: "frame",
    service: "frame",
    ordinary: `\0\0\0${String.fromCharCode(4 + CHAT.length)}${CHAT}`,
    expensive: { "empty frames": "\0\0\0\x04", "frames of one byte": "\0\0\0\x05a" },
  },
];
