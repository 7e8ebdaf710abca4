/**
 * Responses with files: whole, partial, or empty if the client already has the file.
 *
 * @module
 */

import { typeName } from "../../src/bytes/outgoing.ts";
import { type ContentFile, findContent, joinNames } from "../../src/runtime/files/content_files.ts";
import { rangeApplies, unmetCondition } from "./conditions.ts";
import { HttpHeaders, type HttpHeadersInit } from "./headers.ts";
import { parseRange } from "./ranges.ts";
import type { HttpRequest } from "./request.ts";
import { HttpResponse } from "./response.ts";

/** The most names in a client's path. Systems limit paths to 4,096 bytes. */
const MAX_NAMES = 256;

/** Options of {@linkcode sendFile}. */
export interface SendFileOptions {
  /**
   * The folder that the file must be in, after following symbolic links. The path is then
   * percent-encoded, as sent by a client, and relative to this folder. Without `root`, the path is
   * used as it is and must not come from a client.
   */
  root?: string;
  /**
   * The file to send for a folder whose path ends with a slash.
   *
   * @default {"index.html"}
   */
  index?: string;
  /**
   * Whether names that begin with a dot are sent; `/.well-known/` always is.
   *
   * @default {false}
   */
  hidden?: boolean;
  /** Header fields, such as `Cache-Control`, or a `Content-Type` that the file name does not imply. */
  headers?: HttpHeadersInit;
}

/**
 * Creates the response that sends a file, with its media type, ETag and Last-Modified. Supports
 * conditional requests and ranges (RFC 9110). Memory use does not depend on the size of the file.
 *
 * @param request The request.
 * @param path The file; see `root`.
 * @param options Where the file can be.
 * @throws {TypeError} If the path is not a string.
 * @returns The response: also 404 if the file does not exist, 405 for methods other than GET and
 * HEAD.
 *
 * @example
 * ```ts
 * import { type HttpRequest, type HttpResponse, sendFile } from "@goer/goer/protocols/http";
 *
 * export async function onMessage(
 *   connection: { send(response: HttpResponse): unknown },
 *   request: HttpRequest,
 * ) {
 *   connection.send(await sendFile(request, request.path, { root: "public" }));
 * }
 * ```
 */
export async function sendFile(
  request: HttpRequest,
  path: string,
  options: SendFileOptions = {},
): Promise<HttpResponse> {
  if (typeof path !== "string") {
    throw new TypeError(`Cannot send a file: its path must be a string, not ${typeName(path)}`);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new HttpResponse(null, { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const { root } = options;
  const place = root === undefined ? path : await placeBelow(root, path, options);
  const file = place === undefined ? undefined : await findContent(place, { root });
  if (file === "directory") return redirectToFolder(request, root);
  if (file === undefined) return new HttpResponse("Not Found\n", { status: 404 });
  return respond(request, file, await fieldsOf(file, place!, options.headers));
}

/** The file for a client's path; `undefined` if it must not be sent. */
async function placeBelow(
  root: string,
  path: string,
  { index = "index.html", hidden = false }: SendFileOptions,
): Promise<string | undefined> {
  const names: string[] = [];
  const parts = path.split("/", MAX_NAMES + 1);
  if (parts.length > MAX_NAMES) return undefined;
  for (const part of parts) {
    const name = decoded(part);
    // A name must not contain a separator of any system, or lead upwards.
    if (name === undefined || /[/\\\0]/.test(name) || name === "..") return undefined;
    if (!hidden && name.startsWith(".") && name !== "." && name !== ".well-known") {
      return undefined;
    }
    if (name !== "" && name !== ".") names.push(name);
  }
  if (path.endsWith("/")) names.push(index);
  return await joinNames(root, names);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** A folder's path must end with a slash. Otherwise, relative links in its index would be wrong. */
function redirectToFolder(request: HttpRequest, root: string | undefined): HttpResponse {
  if (root === undefined || request.path.endsWith("/")) {
    return new HttpResponse("Not Found\n", { status: 404 });
  }
  // Two slashes at the start would name another host.
  const query = request.queryString === "" ? "" : `?${request.queryString}`;
  return HttpResponse.redirect(`/${request.path.replace(/^\/+/, "")}/${query}`, 301);
}

async function fieldsOf(
  file: ContentFile,
  path: string,
  init: HttpHeadersInit | undefined,
): Promise<HttpHeaders> {
  const headers = new HttpHeaders(init);
  if (!headers.has("content-type")) headers.set("content-type", await mediaType(path));
  if (!headers.has("etag")) headers.set("etag", tagOf(file));
  // RFC 9110, section 8.8.2.1: it must not be later than the response.
  const modified = new Date(Math.min(file.modified.getTime(), Date.now()));
  return headers.set("last-modified", modified.toUTCString()).set("accept-ranges", "bytes")
    .set("content-length", String(file.size));
}

/** A strong tag, which ranges require. */
function tagOf({ size, modified }: ContentFile): string {
  return `"${size.toString(16)}-${modified.getTime().toString(16)}"`;
}

async function mediaType(path: string): Promise<string> {
  // The table of media types is large, so only applications that send files load it.
  const { contentType } = await import("@std/media-types/content-type") as unknown as {
    contentType(extension: string): string | undefined;
  };
  const dot = path.lastIndexOf(".");
  const extension = dot > path.lastIndexOf("/") ? path.slice(dot) : "";
  return (extension && contentType(extension)) || "application/octet-stream";
}

/** Evaluates conditions, then ranges (RFC 9110, section 13.2.2). */
function respond(request: HttpRequest, file: ContentFile, headers: HttpHeaders): HttpResponse {
  const current = { tag: headers.get("etag")!, modified: file.modified.getTime() };
  const condition = unmetCondition(request.headers, current);
  if (condition === 304) return new HttpResponse(null, { status: 304, headers });
  if (condition !== undefined) {
    return new HttpResponse("Precondition Failed\n", {
      status: 412,
      headers: { etag: current.tag },
    });
  }
  const range = request.method === "GET" && rangeApplies(request.headers, current)
    ? parseRange(request.headers.get("range"), file.size)
    : undefined;
  if (range === undefined) return new HttpResponse(file.read(0, file.size), { headers });
  if (range === "unsatisfiable") {
    const fields = { "content-range": `bytes */${file.size}` };
    return new HttpResponse(null, { status: 416, headers: fields });
  }
  const { start, end } = range;
  headers.set("content-length", String(end - start));
  headers.set("content-range", `bytes ${start}-${end - 1}/${file.size}`);
  return new HttpResponse(file.read(start, end), { status: 206, headers });
}
