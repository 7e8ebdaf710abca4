/**
 * The rooms of the chat, over all workers: who is in them, and what was said last.
 *
 * A room is a group. Every worker is told who joins and leaves, and what is said, and tells its own
 * visitors: so each of them hears all, whichever worker has them.
 *
 * @module
 */

import type { Goer, Member, Subscription } from "@goer/goer";
import type { http } from "@goer/goer/protocols/http";
import type { WebSocketConnection } from "@goer/goer/protocols/websocket";

/** One thing that was said. */
export interface Saying {
  /** Made by the page, so that one sent twice is shown once. */
  id: string;
  /** Where it was said. */
  room: string;
  /** Who said it. */
  name: string;
  /** What was said. */
  text: string;
  /** When, in ms since 1970. */
  time: number;
}

/** How many sayings a room remembers for those who come later. */
const MEMORY = 100;

/** How many rooms are remembered that nobody is in. */
const MAX_EMPTY_ROOMS = 100;

/** One room. It exists while somebody is in it or something was said in it. */
class Room {
  /** The names of those who are here, in whichever worker, by the id of the connection. */
  readonly members: Map<string, string> = new Map();
  #sayings: Saying[] = [];

  /** The names, each once. */
  get names(): string[] {
    return [...new Set(this.members.values())].sort();
  }

  /** What was said last, in order. */
  get sayings(): readonly Saying[] {
    return this.#sayings;
  }

  /** Returns false where it is known. */
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

  /** @param goer The service, whose `onJoin` and `onLeave` this takes. */
  constructor(goer: Goer<string, typeof http>) {
    this.#goer = goer;
    goer.onJoin = (member, room) => this.#joined(member, room);
    goer.onLeave = (member, room) => this.#left(member, room);
    this.#said = goer.subscribe("said", (sayings) => this.#hear(sayings as Saying[]));
    goer.subscribe("recall", () => this.#recall());
    // A new worker asks the others what was said before its time.
    goer.onWorkerStart = async () => {
      await this.#said.ready;
      goer.publish("recall", null);
    };
  }

  /** Lets a visitor in, and tells it what was said before. */
  async enter(name: string, room: string, visitor: WebSocketConnection): Promise<void> {
    visitor.user = name;
    await visitor.join(room);
    const sayings = this.#open(room).sayings;
    visitor.send(JSON.stringify({ type: "entered", room, sayings }));
  }

  /** Says something to all in its room, once, however often the page sends it. */
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

  /** Tells a new worker, and all others, what was said: whoever knows it passes over it. */
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

  /** Tells this worker's visitors in a room: each worker tells its own. */
  #tell(room: string, event: object): void {
    this.#goer.to(room).send(JSON.stringify(event), { local: true });
  }
}
