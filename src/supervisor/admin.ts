/**
 * The supervisor's side of the admin listener: what it shows, and when it listens.
 *
 * @module
 */

import type { Log } from "../log.ts";
import type { AppManifest, CommandReply } from "./ipc/messages.ts";
import type { ConnectionStatus, StatusReport } from "./workers/status.ts";
import { whenReleased } from "./when_released.ts";
import type { AppTotals } from "./workers/totals.ts";

/** How long another supervisor may take to leave the address after an upgrade, in ms. */
const HANDOVER_TIMEOUT = 10_000;

/** What the admin listener shows of the app. */
export interface Observation {
  status: StatusReport;
  totals: AppTotals;
  /** The names of services by their keys. */
  names: Readonly<Record<string, string>>;
  /** Why the app is not ready; undefined if it is. */
  unready: string | undefined;
}

/** A command that the admin listener can give. */
export type AdminCommand = "reload" | "abort" | "upgrade";

/** How a command has ended. */
export type AdminOutcome = Pick<CommandReply & { type: "outcome" }, "ok" | "text" | "data">;

/** The supervisor, as the admin listener uses it. */
export interface AdminHost {
  observe(): Promise<Observation>;
  /** Why the app is not ready; undefined if it is. */
  unready(): string | undefined;
  connections(): Promise<ConnectionStatus[]>;
  /** Obeys a command, and resolves when it is done. */
  command(command: AdminCommand): Promise<AdminOutcome>;
}

/** A listening admin listener. */
export interface AdminListener {
  /** Where it listens. */
  readonly address: string;
  close(): Promise<void>;
}

/** Opens an admin listener. */
export type OpenAdmin = (address: string, host: AdminHost) => Promise<AdminListener>;

/** What an {@linkcode Admin} needs. */
export interface AdminOptions {
  openAdmin: OpenAdmin;
  /** The address of the command line, which overrides the app's. */
  admin?: string;
  log: Log;
}

/** Opens and closes the admin listener. */
export class Admin {
  readonly #open: OpenAdmin;
  readonly #override: string | undefined;
  readonly #host: AdminHost;
  readonly #log: Log;
  #listener: AdminListener | undefined;
  #closed = false;

  constructor({ openAdmin, admin, log }: AdminOptions, host: AdminHost) {
    this.#open = openAdmin;
    this.#override = admin;
    this.#host = host;
    this.#log = log;
  }

  /**
   * Listens where the command line or the app says, if one does.
   *
   * @throws {GoerError} If that is not possible.
   */
  async listen(app: Pick<AppManifest, "admin">): Promise<void> {
    const address = this.#override ?? app.admin ?? "";
    if (address === "") return;
    this.#listener = await this.#open(address, this.#host);
    this.#log.write("info", `metrics, health and a live page on ${this.#listener.address}`);
    if (this.#closed) await this.close();
  }

  /** Listens after an upgrade: the previous supervisor may still do so. */
  async listenAgain(app: Pick<AppManifest, "admin">): Promise<void> {
    const listen = async () => {
      if (!this.#closed) await this.listen(app);
    };
    try {
      await whenReleased(HANDOVER_TIMEOUT, listen);
    } catch (error) {
      this.#log.write("error", `no metrics and health: ${(error as Error).message}`);
    }
  }

  /** Another supervisor needs the address, or this process ends. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#listener?.close();
  }
}
