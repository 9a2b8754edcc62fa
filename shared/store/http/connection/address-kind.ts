import { BlockList, isIP } from 'node:net';

/** The kind of an address, by who can reach it: everybody, a private network, the neighbours on one cable, this machine. */
export type AddressKind = 'public' | 'private' | 'link-local' | 'loopback';

/** The special addresses of IANA: https://www.iana.org/assignments/iana-ipv4-special-registry, and the same registry for IPv6. */
const KINDS: readonly (readonly [AddressKind, readonly string[]])[] = [
  ['loopback', ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128']],
  // Clouds give credentials to whoever asks at 169.254.169.254.
  ['link-local', ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128']],
  [
    'private',
    [
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '100.64.0.0/10',
      '198.18.0.0/15',
      '192.0.0.0/24',
      '224.0.0.0/3',
      'fc00::/7',
      'fec0::/10',
      'ff00::/8',
      '64:ff9b::/96',
      '64:ff9b:1::/48',
      '2002::/16',
    ],
  ],
];

interface Networks {
  readonly kind: AddressKind;
  readonly list: BlockList;
}

/** Made when an address is looked at: most runs follow nobody to another server. */
let networks: readonly Networks[] | undefined;

function specialNetworks(): readonly Networks[] {
  return KINDS.map(([kind, ranges]) => {
    const list = new BlockList();
    for (const range of ranges) {
      const [address = '', bits = ''] = range.split('/');
      list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
    }
    return { kind, list };
  });
}

/** The kind of an IPv4 or IPv6 address; an IPv4 address may be written as IPv6. */
export function addressKind(address: string): AddressKind {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  networks ??= specialNetworks();
  return networks.find(({ list }) => list.check(address, family))?.kind ?? 'public';
}
