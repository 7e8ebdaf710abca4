/**
 * Starts the services of clients_app.ts on each runtime.
 *
 * @module
 */

import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { serve } from "../helpers/serve.ts";
import { type RegisterTest, shareOnEach } from "../helpers/shared.ts";
import { Socket } from "../helpers/socket.ts";

/** The addresses of the services, and the certificate that they use. */
export type Services = Record<string, string>;

/** Starts the services for the tests of a file. Returns the function that registers these. */
export function shareClients(): RegisterTest<Services> {
  const register = shareOnEach<Services>(async (runtime, stack) => {
    const folder = await Deno.makeTempDir({ prefix: "goer" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const { certFile, keyFile, cert } = stack.use(await makeCertificate());
    const served = stack.use(
      await serve<Services>(runtime, "tests/conformance/clients_app.ts", {
        args: [folder, certFile, keyFile],
      }),
    );
    return { ...served.ready, cert, certFile };
  }, NO_OPENSSL);
  return (name, body, skip) => {
    register(name, async (services, runtime, context) => {
      await forgetEvents(services);
      await body(services, runtime, context);
    }, skip);
  };
}

/** Reading the events of the services removes them. */
async function forgetEvents({ direct }: Services): Promise<void> {
  using socket = await Socket.connect(direct);
  await socket.send("events\n");
  await socket.line();
}
