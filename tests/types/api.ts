/**
 * Checks the types of the public API, as a module of an app. It is checked and never run. Each line
 * under `@ts-expect-error` must not compile.
 */

import {
  type ClientOf,
  connect,
  type Connection,
  type ConnectionOf,
  defineService,
  Goer,
  type HttpRequest,
  type MessageIn,
  type MessageOut,
  type PacketProtocol,
  type Protocol,
  type ProtocolOf,
  type Server,
  text,
  type WebSocketConnection,
  type WebSocketProtocol,
} from "@goer/goer";

/** True for two identical types. `any` is only identical to itself. */
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2
  ? true
  : false;

/** Compiles if its type argument is `true`. */
function check<Result extends true>(_?: Result): void {}

interface User {
  name: string;
}

/** Messages by the scheme of the address. */
export function messages(): void {
  check<Same<MessageIn<ProtocolOf<"tcp://:1">>, Uint8Array>>();
  check<Same<MessageIn<ProtocolOf<"frame://:1">>, Uint8Array>>();
  check<Same<MessageIn<ProtocolOf<"udp://:1">>, Uint8Array>>();
  check<Same<MessageIn<ProtocolOf<"text://:1">>, string>>();
  check<Same<MessageIn<ProtocolOf<"text+udp://:1">>, string>>();
  check<Same<MessageIn<ProtocolOf<"http://:1">>, HttpRequest>>();
  check<Same<MessageIn<ProtocolOf<"https://:1">>, HttpRequest>>();
  check<Same<MessageIn<ProtocolOf<"ws://:1">>, string | Uint8Array>>();
  check<Same<MessageOut<ProtocolOf<"text://:1">>, string>>();
  check<Same<MessageOut<ProtocolOf<"tcp://:1">>, string | Uint8Array>>();
  // If an address is only known at run time, the type of its messages is unknown.
  check<Same<MessageIn<ProtocolOf<string>>, unknown>>();
}

/** Connections by the protocol. */
export function connections(): void {
  check<Same<ConnectionOf<WebSocketProtocol, User>, WebSocketConnection<User>>>();
  check<Same<ConnectionOf<PacketProtocol<number, string>, User>, Connection<string, User>>>();
}

/** A service of text, with state. */
export function lines(): void {
  const goer = new Goer("text://:0", { state: (): User => ({ name: "" }) });
  goer.onMessage = (connection, line) => {
    check<Same<typeof line, string>>();
    check<Same<typeof connection.state, User>>();
    connection.send(line);
    connection.send(new Uint8Array(), { raw: true });
    // @ts-expect-error A line is a string.
    connection.send(1);
    // @ts-expect-error There is no such option.
    connection.send(line, { immediate: true });
    // @ts-expect-error The state has no such field.
    connection.state.age;
  };
  goer.broadcast("x", { except: 1, local: true });
  // @ts-expect-error A line is a string.
  goer.broadcast(1);
  // @ts-expect-error There is no such option.
  goer.broadcast("x", { exept: 1 });
}

/** Every handler of a WebSocket service has a WebSocket connection, with its state. */
export const chat = defineService({
  listen: "ws://127.0.0.1:0",
  state: (): User => ({ name: "" }),
  onConnect: (connection) => void check<Same<typeof connection, WebSocketConnection<User>>>(),
  onMessage(connection, message) {
    check<Same<typeof connection, WebSocketConnection<User>>>();
    check<Same<typeof message, string | Uint8Array>>();
    connection.send({ ping: "x" });
    connection.close(4000, connection.state.name);
    // @ts-expect-error It is neither a message nor a ping nor a close.
    connection.send({ pong: "x" });
  },
  onClose: (connection) => void check<Same<typeof connection, WebSocketConnection<User>>>(),
  onError: (connection) => void check<Same<typeof connection, WebSocketConnection<User>>>(),
  onBufferFull: (connection) => void check<Same<typeof connection, WebSocketConnection<User>>>(),
  onBufferDrain: (connection) => void check<Same<typeof connection, WebSocketConnection<User>>>(),
  onUpgrade: (_, connection) => void check<Same<typeof connection, WebSocketConnection<User>>>(),
  onPong: (connection) => void check<Same<typeof connection, WebSocketConnection<User>>>(),
});

/** Messages by the option `protocol`, and those of an address that is only known at run time. */
export function protocols(address: string): void {
  new Goer(address, { protocol: text }).onMessage = (_, line) => {
    check<Same<typeof line, string>>();
  };
  new Goer(address).onMessage = (connection, message) => {
    check<Same<typeof message, unknown>>();
    connection.send(message);
    // @ts-expect-error It has to be looked at first.
    message.length;
  };
}

/** A service without an address, and as a plain object. */
export function jobs(): void {
  const goer = new Goer(null, { name: "jobs" });
  goer.onWorkerStart = ({ slot }) => void goer.publish("slot", slot);
  defineService({ listen: null, name: "jobs", onWorkerStart: ({ slot }) => void slot });
  // @ts-expect-error An address is a string, or null.
  new Goer(undefined, { name: "jobs" });
}

/** Options that a service does not take. */
export function options(): void {
  // @ts-expect-error The old name of runAs.
  new Goer("text://:0", { user: "www-data" });
  new Goer("text://:0", { runAs: { user: "www-data", group: 33 } });
  // @ts-expect-error Workers are a number.
  new Goer("text://:0", { workers: "2" });
  // @ts-expect-error An option of a service only.
  connect("text://:0", { workers: 2 });
  // @ts-expect-error An address is text.
  new Goer(8080);
}

/** The type of published data is what the subscriber declares, otherwise `unknown`. */
export function topics(goer: Goer<"text://:0">): void {
  goer.subscribe<User>("users", (user) => void check<Same<typeof user, User>>());
  goer.subscribe("users", (user) => void check<Same<typeof user, unknown>>());
}

/** The type of JSON is what the caller declares, otherwise `unknown`. */
export async function json(request: HttpRequest): Promise<void> {
  const user = await request.json<User>();
  check<Same<typeof user, User>>();
  const whatever = await request.json();
  check<Same<typeof whatever, unknown>>();
}

/** A server has at least one address. */
export function addresses(server: Server): string {
  const [first] = server.addresses;
  check<Same<typeof first, string>>();
  return server.address;
}

/** The result of `connect`. */
export async function clients(): Promise<void> {
  const lines = await connect("text://:1", { onMessage: (_, line) => line.length });
  check<Same<typeof lines, ClientOf<Protocol<string>>>>();
  check<Same<Awaited<ReturnType<typeof lines.request>>, string>>();
  const peer: Connection<string> = lines;
  peer.close();
  const socket = await connect("ws://:1", { state: (): User => ({ name: "" }) });
  check<Same<typeof socket.state, User>>();
  const other: WebSocketConnection<User> = socket;
  other.close(1000);
}
