/**
 * What the command says about itself.
 *
 * @module
 */

/** The short help. */
export const USAGE = `Goer: a socket-server framework for Deno, Bun and Node

Usage: goer start <app>

  start <app>   serve what the module <app> exports by default, in the foreground

An app in three lines:

  export default {
    listen: "text://127.0.0.1:8080",
    onMessage: (connection, line) => connection.send(line),
  };
`;
