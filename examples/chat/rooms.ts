/**
 * The rooms of the chat, across all workers: their members and their latest messages.
 *
 * A room is a group. Every worker learns who joins and leaves and what is said, and passes it on to its own
 * visitors. So every visitor gets everything.
 *
 * @module
 */

import type { Goer, Member, Subscription } from "@goer/goer";
import type { http } from "@goer/goer/protocols/http";
import type { WebSocketConnection } from "@goer/goer/protocols/websocket";

/** One message in a room. */
export interface Saying {
  /** Created by the page, so that a message that arrives twice is shown once. */
  id: string;
  /** The room. */
  room: string;
  /** The name of the sender. */
  name: string;
  /** The text. */
  text: string;
  /** The time, in ms since 1970. */
  time: number;
}

/** How many messages a room keeps for visitors who join later. */
const MEMORY = 100;

/** How many empty rooms to keep. */
const MAX_EMPTY_ROOMS = 100;

/** One room. It exists while it has members or messages. */
class Room {
  /** The names of the members in all workers, by connection id. */
  readonly members: Map<string, string> = new Map();
  #sayings: Saying[] = [];

  /** The names, without duplicates. */
  get names(): string[] {
    return [...new Set(this.members.values())].sort();
  }

  /** The latest messages, in order. */
  get sayings(): readonly Saying[] {
    return this.#sayings;
  }

  /** Adds a message. Returns false if the room already has it. */
  remember(saying: Saying): boolean {
    if (this.#sayings.some(({ id }) => id === saying.id)) return false;
    this.#sayings = [...this.#sayings, saying].sort((a, b) => a.time - b.time).slice(-MEMORY);
    return true;
  }
}

/** All rooms, as this worker knows them. */
export class Rooms {
  readonly #goer: Goer<string, typeof http>;
  readonly #rooms = new Map<string, Room>();
  readonly #said: Subscription;

  /** @param goer The service. Its `onJoin` and `onLeave` are set here. */
  constructor(goer: Goer<string, typeof http>) {
    this.#goer = goer;
    goer.onJoin = (member, room) => this.#joined(member, room);
    goer.onLeave = (member, room) => this.#left(member, room);
    this.#said = goer.subscribe("said", (sayings) => this.#hear(sayings as Saying[]));
    goer.subscribe("recall", () => this.#recall());
    // A new worker asks the others for earlier messages.
    goer.onWorkerStart = async () => {
      await this.#said.ready;
      goer.publish("recall", null);
    };
  }

  /** Adds a visitor to a room, and sends it the earlier messages. */
  async enter(name: string, room: string, visitor: WebSocketConnection): Promise<void> {
    visitor.user = name;
    await visitor.join(room);
    const sayings = this.#open(room).sayings;
    visitor.send(JSON.stringify({ type: "entered", room, sayings }));
  }

  /** Sends a message to everyone in its room, once, even if the page sends it again. */
  say(saying: Saying, visitor: WebSocketConnection): void {
    const known = this.#open(saying.room).sayings.find(({ id }) => id === saying.id);
    if (known === undefined) this.#goer.publish("said", [saying]);
    else visitor.send(JSON.stringify({ type: "said", saying: known }));
  }

  #open(name: string): Room {
    let room = this.#rooms.get(name);
    if (room === undefined) this.#rooms.set(name, room = new Room());
    return room;
  }

  #hear(sayings: Saying[]): void {
    for (const saying of sayings) {
      const fresh = this.#open(saying.room).remember(saying);
      if (fresh) this.#tell(saying.room, { type: "said", saying });
    }
  }

  /** Sends all messages to all workers. Those that already have a message ignore it. */
  #recall(): void {
    const sayings = [...this.#rooms.values()].flatMap((room) => room.sayings);
    if (sayings.length > 0) this.#goer.publish("said", sayings);
  }

  #joined({ id, user = "" }: Member, name: string): void {
    this.#open(name).members.set(id, user);
    this.#tellMembers(name);
  }

  #left({ id }: Member, name: string): void {
    this.#open(name).members.delete(id);
    this.#tellMembers(name);
    const empty = [...this.#rooms].filter(([, { members }]) => members.size === 0);
    for (const [name] of empty.slice(0, -MAX_EMPTY_ROOMS)) this.#rooms.delete(name);
  }

  #tellMembers(room: string): void {
    this.#tell(room, { type: "members", names: this.#open(room).names });
  }

  /** Sends an event to this worker's visitors in a room. Each worker does this for its own. */
  #tell(room: string, event: object): void {
    this.#goer.to(room).send(JSON.stringify(event), { local: true });
  }
}
