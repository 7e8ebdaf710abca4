/**
 * Server-sent events.
 *
 * @module
 */

import * as std from "@std/http/server-sent-event-stream";
import { typeName, unsendable } from "../../src/bytes/outgoing.ts";
import { callApplication, logFault } from "../../src/calls.ts";
import { HttpHeaders } from "./headers.ts";
import { HttpResponse, type HttpResponseInit } from "./response.ts";

/**
 * One event. Line ends in `data` are sent as several lines of data. In `event` or `id` they are
 * refused: the response then ends before that event.
 */
export interface ServerSentEvent {
  /** The text that the client receives. */
  data?: string;
  /** The event name that the client listens to. Default: `message`. */
  event?: string;
  /** The value of `Last-Event-ID` when the client reconnects. */
  id?: string | number;
  /** How long the client waits before it reconnects, in ms. */
  retry?: number;
  /** Text that the client ignores, to keep the connection active. */
  comment?: string;
}

/** The type of `@std/http/server-sent-event-stream`, as far as it is used here. */
type EventStream = new () => TransformStream<ServerSentEvent, Uint8Array>;

const ServerSentEventStream = std.ServerSentEventStream as unknown as EventStream;

/**
 * Adds the space after the colon, which clients remove and `@std/http` does not write: otherwise a
 * space at the start of the value would be lost.
 *
 * @throws {RangeError} If `retry` is not a whole number.
 * @throws {TypeError} If it is not an event, or a field is not a string.
 */
function spaced(sent: ServerSentEvent): ServerSentEvent {
  if (typeof sent !== "object" || sent === null) {
    throw unsendable(sent, "an object with data, event, id, retry or comment as each event");
  }
  const { data, event, id, retry, comment } = sent;
  checkText({ data, event, id: typeof id === "number" ? String(id) : id, comment });
  if (retry !== undefined && !(Number.isSafeInteger(retry) && retry >= 0)) {
    throw new RangeError("Cannot send an event: its retry is not a whole number of ms");
  }
  const after = (value: string | number | undefined) =>
    value === undefined ? undefined : ` ${value}`;
  return {
    data: after(data?.replaceAll(/\r\n?|\n/g, "\n ")),
    event: after(event),
    id: after(id),
    retry,
    comment: after(comment),
  };
}

function checkText(fields: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || typeof value === "string") continue;
    throw new TypeError(
      `Cannot send an event: its ${name} must be a string, not ${typeName(value)}`,
    );
  }
}

/**
 * A response that sends events as they come, until `events` ends. If the client disconnects first,
 * Goer calls `return()` on `events` and aborts the request's `signal`.
 *
 * @param events The events.
 * @param init Status and header fields.
 * @throws {TypeError} If `events` is not an async iterable.
 *
 * @example
 * ```ts
 * import { sendEvents } from "@goer/goer/protocols/http";
 *
 * async function* ticks() {
 *   yield { event: "tick", data: "1" };
 * }
 *
 * const response = sendEvents(ticks());
 * if (response.headers.get("content-type") !== "text/event-stream") throw new Error();
 * ```
 */
export function sendEvents(
  events: AsyncIterable<ServerSentEvent>,
  init: HttpResponseInit = {},
): HttpResponse {
  if (typeof events?.[Symbol.asyncIterator] !== "function") {
    throw new TypeError(`Cannot send the events of ${typeName(events)}: give an async iterable`);
  }
  const headers = new HttpHeaders(init.headers);
  headers.set("content-type", "text/event-stream");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-cache");
  const iterator = events[Symbol.asyncIterator]();
  const stream = new ReadableStream<ServerSentEvent>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(spaced(value));
    },
    // `pipeThrough` does not pass an error of `return()` on to the reader, so it is logged.
    cancel: () => callApplication(() => iterator.return?.(), logFault),
  }, { highWaterMark: 0 });
  return new HttpResponse(stream.pipeThrough(new ServerSentEventStream()), { ...init, headers });
}
