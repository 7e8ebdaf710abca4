/**
 * What the columns of tables mean, for the help.
 *
 * @module
 */

/** The columns of `goer status`. */
export const STATUS_LEGEND =
  `Columns that do not fit into your terminal are left out, and named below.

  WORKER    Number of the worker. It is never used again
  SLOT      Position of the worker, from 0. A replacement takes over the slot
  GEN       Generation: how many times the code was loaded when the worker started
  STATE     starting, ready, draining (finishes its connections), busy (no answer)
  UPTIME    Time since the start of the worker
  MEMORY    Resident memory
  CPU%      Use of one processor, in the last half second
  DELAY     Longest delay of the event loop, in the last half second
  CONN      Open connections
  MESSAGES  Messages received
  IN, OUT   Bytes received, bytes sent
  UNSENT    Messages that send() refused, because a buffer was full or the peer was gone
  ERRORS    Handlers that failed
  TIMERS    Timers that are set
  REFUSED   Connections, messages and datagrams refused by a limit. Shown if there are any
  DELAYED   How many times clients had to wait for a limit. Shown if they had to`;

/** The columns of `goer connections`. */
export const CONNECTIONS_LEGEND = `Columns:

  PEER      Address of the client
  SERVICE   Name of the service, or its address
  WORKER    Number of the worker
  STATE     open, closing (sends its last bytes, or waits for the peer's end)
  AGE       Time since it was accepted
  IN, OUT   Bytes received, bytes sent
  QUEUED    Bytes that wait to be sent, because the peer reads slowly`;

/** The keys and columns of `goer top`. */
export const TOP_LEGEND = `Keys:

  up, down  Select a worker or a connection
  Enter     Show all that is known of it. Esc goes back
  r         Reload the app, after a question
  q         Quit

Columns:

  MSG/S     Messages received per second
  IN/S      Bytes received per second
  OUT/S     Bytes sent per second
  ERR/S     Handlers that failed per second

For the others, see goer help status and goer help connections.`;
