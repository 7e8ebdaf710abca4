/**
 * Goer: a socket-server framework for Deno, Bun and Node.
 *
 * A service is an address, a protocol and a few handlers. The same file runs on each runtime, over
 * TCP, TLS, Unix sockets and UDP.
 *
 * @example An echo of lines
 * ```ts
 * import { Goer } from "@goer/goer";
 *
 * const goer = new Goer("text://127.0.0.1:0");
 * goer.onMessage = (connection, line) => connection.send(line);
 * await using service = await goer.listen();
 * console.log(service.address);
 * ```
 *
 * @module
 */

export type { AnyGoer } from "./src/app.ts";
export * from "./src/connect.ts";
export * from "./src/connect_options.ts";
export * from "./src/connect_pool.ts";
export * from "./src/connection/handlers.ts";
export * from "./src/protocol/connection.ts";
export * from "./src/errors.ts";
export * from "./src/goer.ts";
export * from "./src/server.ts";
export * from "./src/service_object.ts";
export * from "./src/run_all.ts";
export type { ClientOptions } from "./src/clients/policy.ts";
export type { ClientLimitOptions } from "./src/clients/client_limits_option.ts";
export type { ProxyProtocolOptions } from "./src/clients/proxy_protocol.ts";
export type { TrustedProxyOptions } from "./src/clients/trusted_proxies.ts";
export type { DrainOptions } from "./src/connection/departures.ts";
export { DEFAULT_LIMITS, type Limits, type ServiceOptions } from "./src/options.ts";
export type {
  AnyProtocol,
  BytesProtocol,
  ConnectionOf,
  MessageIn,
  MessageOut,
  ProtocolOf,
  ProtocolOfScheme,
} from "./src/schemes.ts";
export type { LogFormat, Logger, LogLevel, LogRecord } from "./src/log_record.ts";
export type { Bus, BusEvents } from "./src/cluster/drivers/bus.ts";
export type { BusOptions } from "./src/cluster/bus_options.ts";
export type {
  Audience,
  AudienceOptions,
  Clustered,
  Excepted,
  Member,
  Subscriber,
  Subscription,
  WorkerTarget,
} from "./src/cluster/clustered.ts";
export type { EndCounts, EndReason } from "./src/connection/end_reason.ts";
export type { Statistics } from "./src/connection/service.ts";
// Types only: what is more than a type is in @goer/goer/protocols/http and /websocket.
export type {
  AccessLogOptions,
  BodyOptions,
  CompressionOptions,
  Cookie,
  Encoding,
  FetchApp,
  FetchHandler,
  FetchInfo,
  FormFile,
  HttpAnswer,
  HttpBody,
  HttpForm,
  HttpHeaders,
  HttpHeadersInit,
  HttpOptions,
  HttpOutgoing,
  HttpRequest,
  HttpResponse,
  HttpResponseInit,
  MultipartOptions,
  RemoteAddress,
  RequestClient,
  UpgradeOptions,
} from "./protocols/http/mod.ts";
export type {
  UpgradeDecision,
  UpgradeRequest,
  WebSocketClose,
  WebSocketCompressionOptions,
  WebSocketConnection,
  WebSocketDetails,
  WebSocketHandlers,
  WebSocketMessage,
  WebSocketOptions,
  WebSocketOutgoing,
  WebSocketPing,
  WebSocketProtocol,
  WebSocketUpgradeHandlers,
} from "./protocols/websocket/mod.ts";
export type { OpenOptions } from "./src/transport/transport.ts";
export type {
  TlsCertificate,
  TlsIdentity,
  TlsServerName,
  TlsTrust,
} from "./src/runtime/runtime.ts";
export {
  DEFAULT_PROCESS_OPTIONS,
  type Handoff,
  type ProcessOptions,
  type RunAs,
  type WorkerInfo,
} from "./src/process_options.ts";
export * from "./src/timer/timers.ts";
export * from "./protocols/mod.ts";

if (import.meta.main) import("./src/cli/main.ts").then(({ main }) => main());
