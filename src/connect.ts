/**
 * Outgoing connections, with the same protocols and handlers as accepted ones.
 *
 * @module
 */

import { clientSettings } from "./client_settings.ts";
import type { ClientOf, ConnectOptions } from "./connect_options.ts";
import { ClientConnection } from "./outgoing/client.ts";
import { connectDatagrams } from "./outgoing/datagram_client.ts";
import type { AnyProtocol, ProtocolOf } from "./schemes.ts";

/**
 * Connects to `address` and uses its protocol, with the same handlers as a service.
 *
 * @param address As for a service, with host and port; `ws://` and `wss://` may have a path and a
 * query, and need no port.
 * @param options Handlers, limits, the protocol.
 * @returns The connection, once it is ready: after `onConnect`. Over UDP, where there is no handshake,
 * once the name of the peer is resolved.
 * @throws {GoerError} `GOER_CONNECT_FAILED` if connecting fails; `GOER_INVALID_ARGUMENT` if the
 * address is not valid.
 *
 * @example A client of an echo of lines
 * ```ts
 * import { connect, Goer, text } from "@goer/goer";
 *
 * const goer = new Goer("text://127.0.0.1:0");
 * goer.onMessage = (connection, line) => connection.send(line);
 * await using service = await goer.listen();
 *
 * const echoed = Promise.withResolvers<string>();
 * const connection = await connect(service.address, {
 *   protocol: text, // The type of the address is string here, and names none.
 *   onMessage: (_, line) => echoed.resolve(line),
 * });
 * connection.send("hello");
 * console.log(await echoed.promise);
 * connection.close();
 * ```
 */
export async function connect<
  Address extends string,
  Kind extends AnyProtocol = ProtocolOf<Address>,
  State = unknown,
>(
  address: Address,
  options: ConnectOptions<Kind, State> = {},
): Promise<ClientOf<Kind, State>> {
  const settings = await clientSettings(address, options);
  if (settings.target.parsed.transport === "udp") {
    return await connectDatagrams(settings) as unknown as ClientOf<Kind, State>;
  }
  const client = new ClientConnection(settings);
  await client.connect();
  return client as unknown as ClientOf<Kind, State>;
}
