/**
 * A chat: a page over HTTP and messages over WebSocket, on one port, with two workers. Start it with
 * `deno run -A mod.ts start examples/chat/chat.ts` and open http://127.0.0.1:8080 in two windows.
 *
 * @module
 */

import process from "node:process";
import { Goer } from "@goer/goer";
import { http, sendFile } from "@goer/goer/protocols/http";
import { createWebSocket } from "@goer/goer/protocols/websocket";
import type { WebSocketConnection, WebSocketMessage } from "@goer/goer/protocols/websocket";
import { Rooms } from "./rooms.ts";

/** The folder of the page's files. A bundled app is in another folder, so you can set it. */
const PAGE = process.env.CHAT_PAGE ?? new URL("page", import.meta.url).pathname;

/** The page loads nothing from other servers, and connects only to its own. */
const HEADERS = {
  "Cache-Control": "no-cache",
  "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

const MAX_NAME_LENGTH = 24;
const MAX_TEXT_LENGTH = 2000;

const chat = createWebSocket({
  maxMessageSize: 16 * 1024,
  compression: true,
  // Only pages from this server may connect, because browsers send a visitor's cookies along.
  onUpgrade({ headers }) {
    const origin = headers.get("origin");
    const same = !origin || URL.parse(origin)?.host === headers.get("host");
    return same ? undefined : { status: 403 };
  },
});

const goer = new Goer(process.env.CHAT_ADDRESS ?? "tcp://127.0.0.1:8080", {
  protocol: http,
  workers: 2,
});
const rooms = new Rooms(goer);

goer.onMessage = async (connection, request) => {
  if (request.path === "/chat") {
    await chat.upgrade(connection, request, { onMessage: hear });
  } else {
    connection.send(await sendFile(request, request.path, { root: PAGE, headers: HEADERS }));
  }
};

/** A message from a page. */
type Request =
  | { type: "enter"; room: string; name: string }
  | { type: "say"; id: string; text: string };

/** Handles a message from a page, and closes the connection if the message is not valid. */
async function hear(visitor: WebSocketConnection, message: WebSocketMessage): Promise<void> {
  const request = parse(message);
  const [room] = visitor.groups;
  if (request?.type === "enter" && room === undefined) {
    await rooms.enter(request.name, request.room, visitor);
  } else if (request?.type === "say" && room !== undefined) {
    const { id, text } = request;
    rooms.say({ id, room, name: visitor.user!, text, time: Date.now() }, visitor);
  } else {
    visitor.close({ code: 1008, reason: "Invalid message" });
  }
}

/** Returns the request in a message, or undefined if it is not valid. */
function parse(message: WebSocketMessage): Request | undefined {
  if (typeof message !== "string") return undefined;
  let request: Record<string, unknown>;
  try {
    request = Object(JSON.parse(message));
  } catch {
    return undefined;
  }
  const { type, room, name, id, text } = request;
  if (type === "enter" && isText(room, MAX_NAME_LENGTH) && isText(name, MAX_NAME_LENGTH)) {
    return { type, room: room.trim(), name: name.trim() };
  }
  if (type === "say" && isText(id, 64) && isText(text, MAX_TEXT_LENGTH)) return { type, id, text };
  return undefined;
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= maxLength;
}

export default goer;
