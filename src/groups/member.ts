/**
 * A connection in a group, as every process knows it.
 *
 * @module
 */

/** A connection in a group, in whichever process. */
export interface Member {
  /** Names the connection among those of all processes. */
  readonly id: string;
  /** Whose connection it is: what its process has set as `connection.user`. */
  readonly user?: string;
}
