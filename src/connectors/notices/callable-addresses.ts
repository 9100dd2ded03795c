import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** An address a name leads to. */
export type HostAddress = Readonly<{ address: string; family: 4 | 6 }>;

/** Finds every address of a name. *Throws* when there is none. */
export type ResolveHost = (hostname: string) => Promise<readonly HostAddress[]>;

/** Which addresses the hub may call, besides those of the open internet. */
export type CallPolicy = Readonly<{
  /** Addresses and networks an operator has named. */
  networks: readonly string[];
  /** A demo may call its own machine. */
  demo: boolean;
  resolve: ResolveHost;
}>;

/** Where a host leads: addresses that may be called, all of them; or why it may not. */
export type HostFinding = readonly HostAddress[] | "NAME_UNKNOWN" | "ADDRESS_REFUSED";

/**
 * Finds where a host leads. When one of its addresses may not be called, none is: a name that leads to both is not to be
 * trusted. *Trust*: the name is an operator's word, its addresses are whatever its DNS says at this moment.
 * @param hostname as `URL.hostname` gives it
 */
export async function findCallable(hostname: string, policy: CallPolicy): Promise<HostFinding> {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  const version = isIP(bare);
  const found: readonly HostAddress[] | undefined =
    version === 0
      ? await policy.resolve(bare).catch(() => undefined)
      : [{ address: bare, family: version === 6 ? 6 : 4 }];
  if (!found || found.length === 0) return "NAME_UNKNOWN";
  const named = namedNetworks(policy);
  const mayCall = ({ address, family }: HostAddress) => {
    const kind = family === 6 ? "ipv6" : "ipv4";
    return isIP(address) === family && (named.check(address, kind) || isOpenInternet(address, family));
  };
  return found.every(mayCall) ? found : "ADDRESS_REFUSED";
}

/** Finds addresses as the machine does. */
export const resolveHost: ResolveHost = async (hostname) => {
  const found = await lookup(hostname, { all: true, verbatim: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

function namedNetworks({ networks, demo }: CallPolicy): BlockList {
  const list = new BlockList();
  for (const network of demo ? [...networks, "127.0.0.0/8", "::1"] : networks) {
    const [address = "", bits] = network.split("/");
    const kind = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, kind);
    else list.addSubnet(address, Number(bits), kind);
  }
  return list;
}

/**
 * Whether an address lies on the open internet. Of IPv6 only what is handed out at all counts, without the ways around that
 * lead to IPv4. *Source*: IANA special-purpose address registries (RFC 6890).
 */
function isOpenInternet(address: string, family: 4 | 6): boolean {
  if (family === 4) return !special.check(address, "ipv4");
  return handedOut.check(address, "ipv6") && !special.check(address, "ipv6");
}

const special = new BlockList();
for (const network of [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ...["224.0.0.0/4", "240.0.0.0/4"],
]) {
  const [address = "", bits] = network.split("/");
  special.addSubnet(address, Number(bits), "ipv4");
}
for (const [address, bits] of [
  ...([["2001::", 23] as const, ["2001:db8::", 32] as const, ["2002::", 16] as const] as const),
  ...([["3fff::", 20] as const] as const),
])
  special.addSubnet(address, bits, "ipv6");

const handedOut = new BlockList();
handedOut.addSubnet("2000::", 3, "ipv6");
