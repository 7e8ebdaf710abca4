/**
 * Negotiates permessage-deflate (RFC 7692 section 7.1) and reads and writes its header (RFC 6455
 * section 9.1).
 *
 * @module
 */

/** The name of the extension. */
const NAME = "permessage-deflate";
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const WINDOW_BITS_REGEXP = /^(?:[89]|1[0-5])$/;

/**
 * The most extensions and parameters of an offer or a response, counted together. Browsers send
 * two, and a client that offers every form of the only extension sends fewer than twenty.
 */
const MAX_PARTS = 64;

/** The default of {@linkcode CompressionOptions.threshold}. */
export const DEFAULT_THRESHOLD = 1024;
/** The default of {@linkcode CompressionOptions.level}. */
export const DEFAULT_LEVEL = 3;

/** The default of {@linkcode CompressionOptions.maxInflationRatio}. */
export const DEFAULT_INFLATION_RATIO = 100;

/** Options of compression. Sizes are in bytes. */
export interface CompressionOptions {
  /**
   * Shorter messages are not compressed: they would hardly shrink.
   *
   * @default {1024}
   */
  threshold?: number;
  /**
   * The effort, from 1 (fast) to 9 (small).
   *
   * @default {3}
   */
  level?: number;
  /**
   * True to compress each message of the server by itself. With the context of those before it a
   * message gets smaller, at about 300 KiB of memory for each connection that has sent one.
   *
   * @default {false}
   */
  serverNoContextTakeover?: boolean;
  /**
   * True to have the client compress each message by itself, which saves the server about 40 KiB
   * for each connection.
   *
   * @default {false}
   */
  clientNoContextTakeover?: boolean;
  /**
   * The server's window, as a power of two: 8 to 15.
   *
   * @default {15}
   */
  serverMaxWindowBits?: number;
  /**
   * The client's window, as a power of two: 8 to 15.
   *
   * @default {15}
   */
  clientMaxWindowBits?: number;
  /**
   * The largest message after inflating. Compressed, it must fit `maxMessageSize` as well.
   *
   * @default {maxMessageSize}
   */
  maxInflatedSize?: number;
  /**
   * How many times its size a peer's compressed data may inflate to, over all messages of the connection
   * and beyond its first MiB. Beyond that, the connection is closed with 1009. This limits the time
   * that a few bytes can cost: JSON inflates to 5 to 30 times its size, a bomb to 1,032 times.
   * Raise it if your clients send
   * large messages that are nearly all the same.
   *
   * @default {100}
   */
  maxInflationRatio?: number;
}

/** The negotiated parameters. */
export interface Agreement {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

/** An extension in the header. The value of a parameter without one is `true`. */
interface Extension {
  name: string;
  parameters: Map<string, string | true>;
  /** True if a parameter occurs twice. */
  repeated: boolean;
}

/**
 * Parses a `Sec-WebSocket-Extensions` header.
 *
 * @param header The header's value.
 * @returns The extensions, or undefined if the header is malformed or has too many parts.
 */
function parseExtensions(header: string): Extension[] | undefined {
  const part = new RegExp(
    `[ \\t]*(${TOKEN})(?:[ \\t]*=[ \\t]*(?:(${TOKEN})|"(${TOKEN})"))?[ \\t]*([;,]|$)`,
    "y",
  );
  const extensions: Extension[] = [];
  let current: Extension | undefined;
  for (let count = 0; part.lastIndex < header.length; count++) {
    if (count === MAX_PARTS) return undefined;
    const match = part.exec(header);
    if (match === null) return undefined;
    const [, name, token, quoted, delimiter] = match;
    const value = (token as string | undefined) ?? (quoted as string | undefined) ?? true;
    if (current === undefined) {
      if (value !== true) return undefined;
      extensions.push(current = { name, parameters: new Map(), repeated: false });
    } else {
      current.repeated ||= current.parameters.has(name);
      current.parameters.set(name, value);
    }
    if (delimiter === ",") current = undefined;
    // After a delimiter, another part must follow.
    if (delimiter !== "" && part.lastIndex === header.length) return undefined;
  }
  return extensions;
}

/** The parameters of an offer or a response; undefined if one is unknown or invalid. */
function readParameters(extension: Extension): Map<string, number | true> | undefined {
  if (extension.repeated) return undefined;
  const parameters = new Map<string, number | true>();
  for (const [name, value] of extension.parameters) {
    switch (name) {
      case "server_no_context_takeover":
      case "client_no_context_takeover":
        if (value !== true) return undefined;
        parameters.set(name, true);
        break;
      case "client_max_window_bits":
      case "server_max_window_bits":
        if (value === true) {
          if (name === "server_max_window_bits") return undefined;
          parameters.set(name, true);
        } else {
          if (!WINDOW_BITS_REGEXP.test(value)) return undefined;
          parameters.set(name, Number(value));
        }
        break;
      default:
        return undefined;
    }
  }
  return parameters;
}

/** A server's response to the offers of a client. */
export interface ExtensionResponse {
  /** The negotiated parameters; undefined if there was no acceptable offer. */
  agreement?: Agreement;
  /** The header field of the response. */
  header?: string;
}

/**
 * Accepts the first acceptable offer of a client.
 *
 * @param header The client's `Sec-WebSocket-Extensions`.
 * @param options The server's options; undefined if it does not compress.
 * @returns The response, or undefined if the header is malformed.
 */
export function negotiateExtensions(
  header: string,
  options: CompressionOptions | undefined,
): ExtensionResponse | undefined {
  const extensions = parseExtensions(header);
  if (extensions === undefined) return undefined;
  if (options === undefined) return {};
  for (const extension of extensions) {
    if (extension.name.toLowerCase() !== NAME) continue;
    const offer = readParameters(extension);
    if (offer === undefined) continue;
    return meetOffer(offer, options);
  }
  return {};
}

function meetOffer(
  offer: Map<string, number | true>,
  options: CompressionOptions,
): ExtensionResponse {
  const serverBits = offer.get("server_max_window_bits") as number | undefined;
  const clientBits = offer.get("client_max_window_bits");
  const agreement: Agreement = {
    serverNoContextTakeover: offer.has("server_no_context_takeover") ||
      options.serverNoContextTakeover === true,
    clientNoContextTakeover: offer.has("client_no_context_takeover") ||
      options.clientNoContextTakeover === true,
    serverMaxWindowBits: Math.min(serverBits ?? 15, options.serverMaxWindowBits ?? 15),
    // The server cannot limit a client that does not offer the parameter (section 7.1.2.2).
    clientMaxWindowBits: clientBits === undefined
      ? 15
      : Math.min(clientBits === true ? 15 : clientBits, options.clientMaxWindowBits ?? 15),
  };
  return { agreement, header: writeParameters(agreement) };
}

function writeParameters(agreement: Agreement): string {
  let header = NAME;
  if (agreement.serverNoContextTakeover) header += "; server_no_context_takeover";
  if (agreement.clientNoContextTakeover) header += "; client_no_context_takeover";
  if (agreement.serverMaxWindowBits < 15) {
    header += `; server_max_window_bits=${agreement.serverMaxWindowBits}`;
  }
  if (agreement.clientMaxWindowBits < 15) {
    header += `; client_max_window_bits=${agreement.clientMaxWindowBits}`;
  }
  return header;
}

/**
 * A client's offer.
 *
 * @param options The client's options.
 * @returns The header's value.
 */
export function offerExtensions(options: CompressionOptions): string {
  let header = NAME;
  if (options.serverNoContextTakeover) header += "; server_no_context_takeover";
  if (options.clientNoContextTakeover) header += "; client_no_context_takeover";
  const { serverMaxWindowBits = 15, clientMaxWindowBits = 15 } = options;
  if (serverMaxWindowBits < 15) header += `; server_max_window_bits=${serverMaxWindowBits}`;
  return header + "; client_max_window_bits" +
    (clientMaxWindowBits < 15 ? `=${clientMaxWindowBits}` : "");
}

/**
 * Checks a server's response to {@linkcode offerExtensions}.
 *
 * @param header The server's `Sec-WebSocket-Extensions`.
 * @param options What was offered.
 * @returns The negotiated parameters, or undefined if the response does not match the offer.
 */
export function acceptExtensions(
  header: string,
  options: CompressionOptions,
): Agreement | undefined {
  const extensions = parseExtensions(header);
  if (extensions?.length !== 1 || extensions[0].name.toLowerCase() !== NAME) return undefined;
  const response = readParameters(extensions[0]);
  if (response === undefined) return undefined;
  const serverBits = response.get("server_max_window_bits") as number | undefined ?? 15;
  const clientBits = response.get("client_max_window_bits") ?? 15;
  // Section 7.1: the server must keep to the offered limit.
  if (clientBits === true || serverBits > (options.serverMaxWindowBits ?? 15)) return undefined;
  const serverNoContextTakeover = response.has("server_no_context_takeover");
  if (options.serverNoContextTakeover && !serverNoContextTakeover) return undefined;
  return {
    serverNoContextTakeover,
    clientNoContextTakeover: response.has("client_no_context_takeover") ||
      options.clientNoContextTakeover === true,
    serverMaxWindowBits: serverBits,
    clientMaxWindowBits: Math.min(clientBits, options.clientMaxWindowBits ?? 15),
  };
}
