/**
 * Which sides of a stream connection have ended. Each is a bit, because an idle connection should
 * be small.
 *
 * @module
 */

/** The peer has ended its side. */
export const PEER = 1;
/** All messages of the peer, which has ended its side, have been handled. */
export const READ = 2;
/** The application has ended this side. Messages still arrive. */
export const OWN = 4;
/** The system has been told that this side has ended. */
export const SENT = 8;
/** The socket has closed, because both sides have ended, before all messages were handled. */
export const GONE = 16;
/** What the messages went to keeps the connection open after the end of the peer, for its answers. */
export const ANSWERED = 32;

/** True if this side has ended, and the system does not know it yet. */
export function mustEnd(ended: number): boolean {
  return (ended & (OWN | SENT)) === OWN;
}

/** True if both sides have ended, and messages still wait for their handlers. */
export function isUnread(ended: number): boolean {
  return (ended & (OWN | PEER | READ)) === (OWN | PEER);
}
