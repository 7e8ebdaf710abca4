/**
 * What may hold a connection's messages back. Each is a bit: one may end while another lasts.
 *
 * @module
 */

/** The application has called `pause()`. */
export const PAUSED = 1;
/** A handler's promise is pending. */
export const HANDLER = 2;
/** `maxConcurrentHandlers` are pending on other connections. */
export const LIMITER = 4;
/** The send buffer is full: a peer that does not read is not read. */
export const SEND_BUFFER = 8;
/** The session leaves bytes unread on purpose. */
export const SESSION = 16;
/** What this connection is piped to takes no more. */
export const PIPE = 32;
