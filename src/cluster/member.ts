/**
 * A connection in a group, as every process knows it.
 *
 * @module
 */

/** A connection in a group, in any process. */
export interface Member {
  /** The id of the connection, unique in all processes. */
  readonly id: string;
  /** The `connection.user` that its process has set. */
  readonly user?: string;
}
