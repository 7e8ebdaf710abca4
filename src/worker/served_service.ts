/**
 * The services of an app, as a worker and the app's description know them.
 *
 * @module
 */

import type { ListenOptions, Server } from "../server.ts";
import type { ServiceOptions } from "../options.ts";
import type { ProcessOptions } from "../process_options.ts";

/** What is asked of a server of the app. */
export interface ListeningService
  extends Pick<Server, "address" | "statistics" | "stopAccepting" | "close"> {
  readonly connections: Iterable<unknown> & { readonly size: number };
}

/** What is asked of a service of the app, which may be of another copy of this library. */
export interface AppService
  extends Pick<ProcessOptions, "onWorkerStart" | "onWorkerStop" | "onReload"> {
  readonly address: string;
  readonly name: string;
  readonly options: ServiceOptions<never, never> & {
    readonly protocol?: { readonly name: string };
  };
  readonly timers: { readonly size: number };
  listen(options: ListenOptions): Promise<ListeningService>;
}

/** A service that a worker serves. */
export interface ServedService {
  key: string;
  goer: AppService;
  /** The descriptors of the sockets that it inherits. */
  sockets: number[];
  /** True if it also opens a socket of its own at the same address. */
  own: boolean;
  /** One for each of its sockets. */
  servers: ListeningService[];
  /** The one of the socket of its own. */
  ownServer?: ListeningService;
}
