/**
 * Reasons for holding a connection's messages back. Each is a bit, because several can apply at
 * once.
 *
 * @module
 */

/** The application has called `pause()`. */
export const PAUSED = 1;
/** A handler's promise is pending. */
export const HANDLER = 2;
/** Too many handlers (`maxConcurrentHandlers`) are pending on other connections. */
export const LIMITER = 4;
/** The send buffer is full: Goer does not read from a peer that does not read. */
export const SEND_BUFFER = 8;
/** The session leaves bytes unread on purpose. */
export const SESSION = 16;
/** The connection that this one is piped to is full. */
export const PIPE = 32;
/** The client has sent more bytes than `clientLimits` allows. */
export const RATE = 64;
