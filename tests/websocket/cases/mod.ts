/** All conformance cases, by section. */

import type { Case } from "./case.ts";
import { closing, limits } from "./closing.ts";
import { control, fragmentation } from "./control.ts";
import { deflate } from "./deflate.ts";
import { framing } from "./framing.ts";
import { parameters } from "./parameters.ts";
import { sizes } from "./sizes.ts";
import { utf8 } from "./utf8.ts";

/** The cases of each section. */
export const sections: Readonly<Record<string, readonly Case[]>> = {
  "RFC 6455, 5.2 framing": framing,
  "RFC 6455, 5.4 fragmentation": fragmentation,
  "RFC 6455, 5.5 control frames": control,
  "RFC 6455, 7 closing": closing,
  "RFC 6455, 8.1 UTF-8": utf8,
  "RFC 6455, 10.4 limits": limits,
  "sizes": sizes,
  "RFC 7692 permessage-deflate": deflate,
  "RFC 7692, 7.1 parameters": parameters,
};
