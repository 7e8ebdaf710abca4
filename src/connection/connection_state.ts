/**
 * The states of a stream connection, in order. It never returns to an earlier one.
 *
 * @module
 */

/** Messages are received and sent. */
export const OPEN: number = 0;
/** The session has sent its closing handshake and waits for the peer's. */
export const FAREWELL: number = 1;
/** The session still sends the last message. */
export const LAST: number = 2;
/** Queued bytes are being sent; received bytes are dropped. */
export const CLOSING: number = 3;
/** This side has ended and waits for the peer to end. */
export const ENDED: number = 4;
/** The socket is closed. */
export const CLOSED: number = 5;
