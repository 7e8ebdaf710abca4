/**
 * Starts the conformance app on a runtime, and queries its services.
 *
 * @module
 */

import { until } from "../helpers/wait.ts";
import { type Runtime, type RuntimeName, RUNTIMES, testOnEach } from "../helpers/runtimes.ts";
import { serve, type Served, type ServeOptions } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";

/** The app's file. */
export const APP = "tests/conformance/app.ts";

/** What a service has seen. */
export interface Event {
  name: string;
  id: number;
  code?: string;
  message?: string;
  peer?: string;
}

/** An open connection, as the app counts it. */
export interface Counted {
  id: number;
  bytesRead: number;
  bytesWritten: number;
  bufferedBytes: number;
  /** Whether it can be found by its id. */
  found: boolean;
}

/** The running app. */
export class App implements AsyncDisposable {
  readonly #served: Served<Record<string, string>>;
  readonly #control: Socket;
  readonly #folder: string;

  private constructor(served: Served<Record<string, string>>, control: Socket, folder: string) {
    this.#served = served;
    this.#control = control;
    this.#folder = folder;
  }

  /** Starts the app; `args` follow the folder for Unix sockets. */
  static async start(runtime: Runtime, options: ServeOptions = {}): Promise<App> {
    const folder = await Deno.makeTempDir({ prefix: "goer" });
    const args = [folder, ...options.args ?? []];
    const served = await serve<Record<string, string>>(runtime, APP, { ...options, args });
    return new App(served, await Socket.connect(served.ready.control), folder);
  }

  /** The process. */
  get pid(): number {
    return this.#served.pid;
  }

  /** The address of a service. */
  address(service: string): string {
    return this.#served.ready[service];
  }

  /** Connects to a service. */
  async connect(service: string): Promise<Socket> {
    return await Socket.connect(this.address(service));
  }

  /** Sends a command to the control service. */
  async ask<Answer = unknown>(command: string): Promise<Answer> {
    await this.#control.send(`${command}\n`);
    return JSON.parse(await this.#control.line());
  }

  /** What a service has seen. */
  async events(service: string): Promise<Event[]> {
    return await this.ask(`events ${service}`);
  }

  /** Waits until a service has recorded `count` events with that name, and returns them. */
  async seen(service: string, name: string, count = 1): Promise<Event[]> {
    return await until(`${count} × ${name} of ${service}`, async () => {
      const events = (await this.events(service)).filter((event) => event.name === name);
      return events.length >= count && events;
    });
  }

  /** The open connections of a service. */
  async connections(service: string): Promise<Counted[]> {
    return await this.ask(`connections ${service}`);
  }

  /** Waits until a service has `count` connections. */
  async holds(service: string, count: number): Promise<void> {
    await until(`${count} connections of ${service}`, async () => {
      return (await this.connections(service)).length === count;
    });
  }

  /** Tries to listen on an address, and returns the addresses or the error. */
  async listen(
    address: string,
    options: Record<string, unknown> = {},
  ): Promise<{ addresses?: string[]; name?: string; code?: string; message?: string }> {
    return await this.ask(`listen ${JSON.stringify({ address, options })}`);
  }

  /** Stops the app, which must exit by itself: nothing may be left open. */
  async stop(): Promise<void> {
    this.#control.close();
    await this.#served.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** The apps that the tests of a file share. */
const shared = new Map<RuntimeName, App>();
let isShared = false;

/** Starts the apps before the first test of a file, and stops them after the last one. */
function shareApps(): void {
  isShared = true;
  Deno.test.beforeAll(async () => {
    for (const runtime of RUNTIMES) shared.set(runtime.name, await App.start(runtime));
  });
  Deno.test.afterAll(async () => {
    for (const app of shared.values()) await app[Symbol.asyncDispose]();
  });
}

/** Registers a test of the app for each runtime. The app has no connections or events before it. */
export function conformance(
  name: string,
  body: (app: App, runtime: Runtime) => Promise<void>,
): void {
  if (!isShared) shareApps();
  testOnEach(name, async (runtime) => {
    const app = shared.get(runtime.name)!;
    await app.ask("reset");
    await body(app, runtime);
  });
}

/** A message in the `frame` protocol: a big-endian total length of four bytes, and the body. */
export function framed(body: Uint8Array): Uint8Array<ArrayBuffer> {
  return withLength(body, body.length + 4);
}

/** A message in the app's own protocol: JSON after a length of four bytes. */
export function jsonPacket(message: unknown): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(JSON.stringify(message));
  return withLength(body, body.length);
}

function withLength(body: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(4 + body.length);
  new DataView(packet.buffer).setUint32(0, length);
  packet.set(body, 4);
  return packet;
}

/** Joins pieces of bytes. */
export function joined(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}

/** `length` bytes with a pattern that shows lost or swapped bytes. */
export function pattern(length: number, offset = 0): Uint8Array<ArrayBuffer> {
  const words = Uint32Array.from(
    { length: Math.ceil(length / 4) },
    (_, index) => offset / 4 + index,
  );
  return new Uint8Array(words.buffer, 0, length);
}
