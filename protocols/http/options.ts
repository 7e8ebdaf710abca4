/**
 * The options of HTTP.
 *
 * @module
 */

import type { Encoding } from "../../src/runtime/bytes/compression.ts";

/**
 * Options of {@linkcode createHttp}. Sizes are whole bytes and durations whole ms, from 1 to
 * 2,147,483,647 (about 24 days). `maxBodySize` and `maxRequestsPerConnection` can be larger, or
 * `Infinity`.
 */
export interface HttpOptions {
  /**
   * The longest request line. A longer one gets 414.
   *
   * @default {8192}
   */
  maxRequestLineSize?: number;
  /**
   * The most bytes of all header fields of a request together. More gets 431.
   *
   * @default {16384}
   */
  maxHeaderSize?: number;
  /**
   * The most header fields of a request. More gets 431.
   *
   * @default {100}
   */
  maxHeaderCount?: number;
  /**
   * The most cookies of a request. With more, `request.cookies` throws, and the response is 431.
   * Browsers keep at most 180 per site.
   *
   * @default {200}
   */
  maxCookies?: number;
  /**
   * The most parameters of a query. With more, `request.query` throws, and the response is 400.
   * Each takes some hundred bytes of memory, even if it is short.
   *
   * @default {1000}
   */
  maxQueryParameters?: number;
  /**
   * The most fields of a form, like PHP's `max_input_vars` and Node's `querystring`. More get 413
   * before any of them is parsed.
   *
   * @default {1000}
   */
  maxFormFields?: number;
  /**
   * The most values of a JSON body, counted by its brackets, braces and commas. More get 413 before
   * the body is parsed, because each `[]` in `[[],[],…` takes tens of bytes of memory. Raise it if
   * your clients send long arrays.
   *
   * @default {100000}
   */
  maxJsonValues?: number;
  /**
   * The largest body, whether you read it whole or as a stream. A larger one gets 413.
   * Default: the service's `maxPacketSize`.
   */
  maxBodySize?: number;
  /**
   * How long a head may take, from its first byte (for the first request: from connecting) to its
   * last. After that the response is 408.
   *
   * @default {15000}
   */
  headerTimeout?: number;
  /**
   * How long a client may send a body more slowly than {@linkcode HttpOptions.minBodyRate},
   * starting at the head; and how long the rest of an unread body may take after the response. Time
   * in which your application does not read does not count. After that the response is 408, unless
   * it has been sent already.
   *
   * @default {30000}
   */
  bodyTimeout?: number;
  /**
   * How many bytes of a body a client has to send per second, on average over each `bodyTimeout`.
   * The default is 15,000 bytes in 30 seconds. Any network is faster: a slower client only keeps
   * the request open.
   *
   * @default {500}
   */
  minBodyRate?: number;
  /**
   * How long a client may take for a whole request, from the first byte of its head to the last
   * byte of its body. After that the response is 408. Time in which your application does not read
   * the body does not count. Raise it if your clients send bodies that take longer.
   *
   * @default {300000}
   */
  requestTimeout?: number;
  /**
   * How long to keep a connection without requests open, from the end of the last response.
   *
   * @default {60000}
   */
  keepAliveTimeout?: number;
  /**
   * The most requests per connection: the response to the last one says `Connection: close`. A
   * limit distributes long-lived clients over the workers again.
   *
   * @default {Infinity}
   */
  maxRequestsPerConnection?: number;
  /**
   * Writes a line for every response to the standard output: `"common"`, `"combined"` (both as in
   * Apache and nginx) or `"json"`. An object can choose another destination.
   *
   * @default {false}
   */
  accessLog?: false | "common" | "combined" | "json" | AccessLogOptions;
  /**
   * Compresses text with br, gzip or deflate, as the client accepts. Leave it off if a response
   * contains both a secret and text that an attacker controls (the BREACH attack).
   *
   * @default {false}
   */
  compression?: boolean | CompressionOptions;
  /** The limits of `multipart/form-data`, and where its files go. */
  multipart?: MultipartOptions;
}

/** Options of the access log. */
export interface AccessLogOptions {
  /**
   * The format of a line: `"common"`, `"combined"` (with Referer and User-Agent; both as in Apache
   * and nginx) or `"json"`.
   *
   * @default {"combined"}
   */
  format?: "common" | "combined" | "json";
  /**
   * Receives each line without its line end. If it throws or rejects, the error goes to `onError`
   * and closes the connection. Default: the standard output.
   */
  write?: (line: string) => unknown;
}

/** Options of compression. */
export interface CompressionOptions {
  /**
   * The smallest body to compress, in bytes, if its length is known: for less, compressing costs
   * more than it saves.
   *
   * @default {1024}
   */
  minSize?: number;
  /**
   * The codings to use. If a client likes several equally, the first one in its list wins.
   *
   * @default {["br", "gzip", "deflate"]}
   */
  encodings?: readonly Encoding[];
}

/** Options for forms with files. Sizes are bytes. */
export interface MultipartOptions {
  /**
   * The largest value of a field. A larger one gets 413.
   *
   * @default {1048576}
   */
  maxFieldSize?: number;
  /** The most fields. More get 413. Default: `maxFormFields` of the protocol (1,000). */
  maxFields?: number;
  /** The largest file. A larger one gets 413. Default: the limit of the body. */
  maxFileSize?: number;
  /**
   * The most files. More get 413.
   *
   * @default {100}
   */
  maxFiles?: number;
  /**
   * The largest file to keep in memory. A larger one is written to disk as it arrives.
   *
   * @default {65536}
   */
  maxFileMemory?: number;
  /** The folder for files on disk. Default: the system's temporary folder. */
  folder?: string;
}
