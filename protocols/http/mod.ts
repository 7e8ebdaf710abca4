/**
 * HTTP/1.1 as a protocol: `http` with default options, `createHttp` with others.
 *
 * @module
 */

export { createHttp, http } from "./protocol.ts";
export type { HttpAnswer, HttpOutgoing } from "./response_framing.ts";
export { HttpRequest, type UpgradeOptions } from "./request.ts";
export type { RequestClient } from "./client.ts";
export type { BodyOptions } from "./body.ts";
export { type HttpBody, HttpResponse, type HttpResponseInit } from "./response.ts";
export { HttpHeaders, type HttpHeadersInit } from "./headers.ts";
export { HttpError } from "./http_error.ts";
export { FormFile, HttpForm } from "./form.ts";
export type { MultipartOptions } from "./options.ts";
export type { AccessLogOptions, CompressionOptions, HttpOptions } from "./options.ts";
export type { Encoding } from "../../src/runtime/bytes/compression.ts";
export type { Cookie } from "./cookies.ts";
export { type FetchApp, type FetchHandler, fetchHandler, toWebRequest } from "./fetch.ts";
export type { FetchInfo, RemoteAddress } from "./fetch_info.ts";
export { sendEvents, type ServerSentEvent } from "./events.ts";
export { sendFile, type SendFileOptions } from "./send_file.ts";
