/**
 * IP addresses as text.
 *
 * @module
 */

import ipaddr from "ipaddr.js";

/**
 * An IP address in its usual form (RFC 5952), without a zone. An IPv4 address that is mapped into
 * IPv6 becomes IPv4, because a socket for both kinds shows it as mapped.
 *
 * @param text The address, without brackets or a port.
 * @returns `undefined` if it is not an IP address.
 */
export function usualAddress(text: string): string | undefined {
  if (ipv4Number(text) !== undefined) return text;
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/**
 * Parses an address. Of IPv4, only the usual form is accepted: programs disagree on what `010.1` or
 * `0x7f.1` mean.
 */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipv4Number(text) !== undefined) return ipaddr.IPv4.parse(text);
  const [bare] = text.split("%");
  if (!bare.includes(":") || !ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** The number of an IPv4 address in four parts; `undefined` for anything else. */
export function ipv4Number(text: string): number | undefined {
  let number = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 0x2e /* . */) {
      if (digits === 0 || ++dots > 3) return undefined;
      number = number * 256 + part;
      part = digits = 0;
    } else {
      if (unit < 0x30 || unit > 0x39 || (digits === 1 && part === 0)) return undefined;
      part = part * 10 + unit - 0x30;
      if (++digits > 3 || part > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? number * 256 + part : undefined;
}
