import { BlockList, isIP } from 'node:net';

/** Where no proxy may be, however its name resolves: this machine, this link, the clouds' metadata services, nobody, everybody. */
const never: readonly string[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '64:ff9b::/96',
  '100::/64',
  'fd00:ec2::/32',
  'fe80::/10',
  'ff00::/8',
];

/** Networks of one's own (RFC 1918, RFC 6598, RFC 4193): no place for a public endpoint. */
const privateNetworks: readonly string[] = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

const neverList = blockList(never);
const privateList = blockList(privateNetworks);

/** Whether a name may resolve to this address: `public` is an address of the whole Internet, `private` may be one of a network of one's own too. */
export function mayConnect(address: string, reach: 'public' | 'private'): boolean {
  const plain = mappedIpv4(address) ?? address;
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(plain) === 0 || neverList.check(plain, family)) return false;
  return reach === 'private' || !privateList.check(plain, family);
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** `::ffff:10.0.0.1` is 10.0.0.1 (RFC 4291 §2.5.5.2). */
function mappedIpv4(address: string): string | undefined {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(parseInt(high, 16), 0);
  bytes.writeUInt16BE(parseInt(low, 16), 2);
  return [...bytes].join('.');
}
