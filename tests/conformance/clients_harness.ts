/**
 * Starts the services of clients_app.ts on each runtime.
 *
 * @module
 */

import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";

/** The addresses of the services, and the certificate that they use. */
export type Services = Record<string, string>;

/** Registers a test of the services for each runtime. */
export function testClients(
  name: string,
  body: (services: Services) => Promise<void>,
  skip?: string,
): void {
  testOnEach(name, async (runtime) => {
    const folder = await Deno.makeTempDir({ prefix: "goer" });
    try {
      await using certificate = await makeCertificate();
      const { certFile, keyFile, cert } = certificate;
      await using served = await serve<Services>(runtime, "tests/conformance/clients_app.ts", {
        args: [folder, certFile, keyFile],
      });
      await body({ ...served.ready, cert, certFile });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }, NO_OPENSSL ?? skip);
}
