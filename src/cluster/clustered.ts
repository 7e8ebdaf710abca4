/**
 * Sends messages to the connections and workers of a service in all processes.
 *
 * @module
 */

import type { GroupName, RawOption, SendOptions } from "../protocol/connection.ts";
import type { GoerError } from "../errors.ts";
import { SEND_TYPES } from "../connection/send_options.ts";
import { ANY, BOOLEAN, checkOptions, type OptionSet, type OptionType } from "../option_types.ts";
import type { BusOptions } from "./bus_options.ts";
import type { Target } from "./envelope.ts";
import type { Member } from "./member.ts";
import { checkSlot, exceptedIds, nameOf } from "./names.ts";
import { ServiceGroups } from "./service_groups.ts";
import type { Subscriber } from "./topics.ts";

export type { Member, Subscriber };

/** A receiver to exclude: a connection of this process, or a member of a group. */
export interface Excepted {
  /** A connection's number, or a member's name. */
  readonly id: number | string;
}

/** Options of messages to many. */
export interface AudienceOptions {
  /**
   * Receivers to exclude, often the sender: a connection, a member or an id, or an iterable of these.
   */
  except?: Excepted | Excepted["id"] | Iterable<Excepted | Excepted["id"]> | null;
  /**
   * Sends only to connections of this process.
   *
   * @default {false}
   */
  local?: boolean;
  /**
   * True to send bytes without the protocol of each connection, and a string as UTF-8.
   *
   * @default {false}
   */
  raw?: boolean;
}

/**
 * The connections of a group or a user in all processes.
 *
 * @typeParam Out The messages that can be sent to them.
 */
export interface Audience<Out> {
  /**
   * Sends a message to all of them, at most once, in the order of sending. Goer's protocols encode it
   * once for all connections of a process, and others do with `encodeOnce`. A connection that does
   * not read misses the message, and does not delay the others.
   *
   * @param message A message of the protocol. Messages to other processes can contain text, bytes,
   * plain objects and arrays, numbers, booleans, `Date`, `Map`, `Set`, `bigint`, `null` and
   * `undefined`.
   * @param options Receivers to exclude.
   * @throws {TypeError} If such a message cannot be sent to other processes, even if there are none.
   * With `local` it can be anything that the protocol sends.
   * @throws {RangeError} If it is over 32 MiB.
   */
  send(message: Out, options?: AudienceOptions & SendOptions<false>): void;
  /**
   * Sends bytes without the protocol of each connection, or a string as UTF-8.
   *
   * @throws {TypeError} If the message is neither bytes nor a string.
   * @throws {RangeError} If it is over 32 MiB.
   */
  send(message: Uint8Array | string, options: AudienceOptions & RawOption): void;
}

/** A worker on this machine: see {@linkcode Clustered.worker}. */
export interface WorkerTarget {
  /** True in this worker itself, for work that must run in one process only. */
  readonly here: boolean;
  /**
   * Sends `data` to the worker's subscribers of `topic`.
   *
   * @returns False if no subscription of this worker is known.
   */
  publish(topic: GroupName, data: unknown): boolean;
}

/** A subscription to a topic. */
export interface Subscription {
  /**
   * Settles when messages of other processes arrive, in a worker even before it listens. It never
   * rejects. Wait for it before you request something from other processes, for example in
   * `onWorkerStart`.
   */
  readonly ready: Promise<void>;
  /** Ends it. */
  cancel(): void;
  /** Same as {@linkcode Subscription.cancel}, for `using`. */
  [Symbol.dispose](): void;
}

const AUDIENCE: OptionSet = {
  of: "a message to many",
  types: { ...SEND_TYPES, except: ANY, local: BOOLEAN } satisfies Record<
    keyof (AudienceOptions & SendOptions),
    OptionType
  >,
};

/** Named services: those with the same name share their groups. */
const named = new Map<string, ServiceGroups>();

/** How often each address has been used in this process by services without a name. */
const unnamed = new Map<string, number>();

/** The groups of each service, for internal use. */
const groupsOf = new WeakMap<Clustered<never>, ServiceGroups>();

/** The groups of a service, for internal use. */
export function serviceGroups(service: Clustered<never>): ServiceGroups {
  return groupsOf.get(service)!;
}

/**
 * The part of a service that reaches connections in all processes.
 *
 * @typeParam Out The messages that can be sent to its connections.
 */
export abstract class Clustered<Out> {
  /**
   * A connection has joined a group, in any process. Also called for members that existed before
   * this process.
   */
  onJoin?: BusOptions["onJoin"];
  /** A connection has left a group, or the connection or its process has ended. */
  onLeave?: BusOptions["onLeave"];
  /** The bus is disconnected (Goer reconnects), or a subscriber, `onJoin` or `onLeave` failed. */
  onBusError?: (error: GoerError) => unknown;

  readonly #groups: ServiceGroups;

  /** Created by {@linkcode Goer}. */
  constructor(address: string, options: BusOptions & { name?: string }) {
    this.onJoin = options.onJoin;
    this.onLeave = options.onLeave;
    this.onBusError = options.onBusError;
    this.#groups = groupsFor(address, options);
    this.#groups.addOwner(this);
    groupsOf.set(this, this.#groups);
  }

  /**
   * The connections in a group, in all processes.
   *
   * @param group A string, or a number, which is the same group as its digits.
   * @throws {TypeError} If it is neither.
   *
   * @example
   * ```ts
   * import { Goer } from "@goer/goer";
   *
   * const goer = new Goer("text://127.0.0.1:0");
   * goer.onConnect = (connection) => connection.join("everyone");
   * goer.onMessage = (connection, line) => {
   *   goer.to("everyone").send(line, { except: connection });
   * };
   * await using service = await goer.listen();
   * ```
   */
  to(group: GroupName): Audience<Out> {
    return this.#audience({ kind: "group", name: nameOf(group, "a group") });
  }

  /**
   * The connections of a user: those whose `connection.user` it is, in all processes.
   *
   * @param user A string, or a number, which is the same user as its digits.
   * @throws {TypeError} If it is neither.
   */
  toUser(user: GroupName): Audience<Out> {
    return this.#audience({ kind: "user", name: nameOf(user, "a user") });
  }

  #audience(to: Target): Audience<Out> {
    return {
      send: (message: unknown, options?: AudienceOptions) => this.#send(to, message, options),
    };
  }

  /**
   * Sends a message to all connections of the service, in all processes: see
   * {@linkcode Audience.send}.
   */
  broadcast(message: Out, options?: AudienceOptions & SendOptions<false>): void;
  /** Sends bytes to all of them without their protocol, or a string as UTF-8. */
  broadcast(message: Uint8Array | string, options: AudienceOptions & RawOption): void;
  broadcast(message: unknown, options?: AudienceOptions): void {
    this.#send({ kind: "all" }, message, options);
  }

  #send(to: Target, message: unknown, options: AudienceOptions = {}): void {
    checkOptions(options, AUDIENCE);
    const { except, local, raw } = options;
    this.#groups.send(to, message, {
      local: local === true,
      raw: raw === true || undefined,
      except: exceptedIds(except, (id) => this.#groups.idOf(id)),
    });
  }

  /**
   * How many connections are in a group, in all processes.
   *
   * @throws {GoerError} `GOER_BUS` if another process does not answer within `busTimeout`.
   */
  async count(group: GroupName): Promise<number> {
    return await this.#groups.count(nameOf(group, "a group"));
  }

  /**
   * The connections that are in a group, in all processes.
   *
   * @throws {GoerError} `GOER_BUS` if another process does not answer within `busTimeout`.
   */
  async members(group: GroupName): Promise<Member[]> {
    return await this.#groups.members(nameOf(group, "a group"));
  }

  /**
   * True if a user has a connection, in any process.
   *
   * @throws {GoerError} `GOER_BUS` if another process does not answer within `busTimeout`.
   */
  async isOnline(user: GroupName): Promise<boolean> {
    return await this.#groups.isOnline(nameOf(user, "a user"));
  }

  /**
   * Sends `data` to all subscribers of `topic` in all processes, including this one. At most once,
   * in the order of publishing.
   *
   * @param topic A string, or a number, which is the same topic as its digits.
   * @param data Text, bytes, plain objects and arrays, numbers, booleans, `Date`, `Map`, `Set`,
   * `bigint`, `null` and `undefined`.
   * @throws {TypeError} If it contains anything else, or itself.
   */
  publish(topic: GroupName, data: unknown): void {
    this.#groups.send({ kind: "topic", name: nameOf(topic, "a topic") }, data);
  }

  /**
   * Sends `data` to one process that has subscribed to `topic`, in turn, for work that must be done once.
   *
   * @returns False if no process is known to have subscribed.
   */
  publishToOne(topic: GroupName, data: unknown): boolean {
    return this.#groups.handToOne(nameOf(topic, "a topic"), data);
  }

  /**
   * Calls `subscriber` with everything that any process publishes on `topic`.
   *
   * @typeParam Data The type of the data. Nothing checks it.
   * @param topic A string, or a number, which is the same topic as its digits.
   * @param subscriber Called in the order of publishing; what it throws goes to `onBusError`.
   * @throws {GoerError} `GOER_TOO_MANY` if the service has `maxSubscriptions` in this process.
   *
   * @example
   * ```ts
   * import { Goer } from "@goer/goer";
   *
   * const goer = new Goer("text://127.0.0.1:0");
   * const cache = new Map<string, string>();
   * goer.subscribe<string>("forget", (key) => cache.delete(key));
   * await using service = await goer.listen();
   * goer.publish("forget", "user 1");
   * ```
   */
  subscribe<Data = unknown>(topic: GroupName, subscriber: Subscriber<Data>): Subscription {
    if (typeof subscriber !== "function") {
      throw new TypeError(`Cannot subscribe: the subscriber is not a function: ${subscriber}`);
    }
    const groups = this.#groups;
    const name = nameOf(topic, "a topic");
    groups.subscribe(name, subscriber as Subscriber);
    const cancel = () => groups.unsubscribe(name, subscriber as Subscriber);
    return {
      get ready() {
        return groups.arrival(name);
      },
      cancel,
      [Symbol.dispose]: cancel,
    };
  }

  /**
   * One worker of this machine, by its slot: from 0 to one less than the number of workers. While an
   * old worker finishes after a reload, it is the new one.
   *
   * @example What must run in one process only
   * ```ts
   * import { Goer } from "@goer/goer";
   *
   * const goer = new Goer("text://127.0.0.1:0");
   * await using service = await goer.listen();
   * if (goer.worker(0).here) console.log("this is the only process, or the first");
   * ```
   */
  worker(slot: number): WorkerTarget {
    checkSlot(slot);
    const groups = this.#groups;
    return {
      get here() {
        return groups.isSlot(slot);
      },
      publish: (topic, data) => groups.hand(slot, nameOf(topic, "a topic"), data),
    };
  }
}

function groupsFor(address: string, options: BusOptions & { name?: string }): ServiceGroups {
  const { name } = options;
  if (name === undefined) {
    // Each process creates services in the same order, so this number is the same in all.
    const count = (unnamed.get(address) ?? 0) + 1;
    unnamed.set(address, count);
    return new ServiceGroups(count === 1 ? address : `${address}#${count}`, options);
  }
  let groups = named.get(name);
  if (groups === undefined) named.set(name, groups = new ServiceGroups(name, options));
  return groups;
}
