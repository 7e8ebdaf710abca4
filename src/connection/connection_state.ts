/**
 * The states of a stream connection, in order: it only ever goes on to a later one.
 *
 * @module
 */

/** Messages come and go. */
export const OPEN: number = 0;
/** The session has said its last word and waits for the peer's. */
export const FAREWELL: number = 1;
/** The session still sends the message that the connection ends with. */
export const LAST: number = 2;
/** What waits is being sent; what still comes is dropped. */
export const CLOSING: number = 3;
/** This side has ended; the peer's end is awaited. */
export const ENDED: number = 4;
/** The socket is gone. */
export const CLOSED: number = 5;
