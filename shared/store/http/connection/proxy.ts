import { BlockList, isIP } from 'node:net';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a server with TLS, by `HTTPS_PROXY` and `NO_PROXY` as every tool reads them; nothing for a direct
 * connection. Plain HTTP has none: it is for registries nearby.
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const value = environment['https_proxy'] || environment['HTTPS_PROXY'];
  if (url.protocol !== 'https:' || !value || isExempt(url, environment)) return undefined;
  return URL.parse(value.includes('://') ? value : `http://${value}`) ?? undefined;
}

function isExempt(url: URL, environment: Environment): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port || '443';
  if (host === 'localhost' || host.startsWith('127.') || host === '::1') return true;
  const rules = (environment['no_proxy'] || environment['NO_PROXY'] || '').split(',').map((rule) => rule.trim());
  return rules.some((rule) => rule !== '' && matches(rule.toLowerCase(), host, port));
}

/** `*`, a network, an address, or a domain with all below it; each but the networks with a port where it has one. */
function matches(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  const network = /^(.+)\/(\d{1,3})$/.exec(rule);
  if (network?.[1] && network[2]) return isInNetwork(host, network[1], Number(network[2]));
  const withPort = /^(.*):(\d+)$/.exec(rule);
  const [name, rulePort] = withPort && !isIP(rule) ? [withPort[1] ?? '', withPort[2]] : [rule, undefined];
  if (rulePort !== undefined && rulePort !== port) return false;
  const domain = name.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
  return host === domain || host.endsWith(`.${domain}`);
}

function isInNetwork(host: string, address: string, bits: number): boolean {
  const [family, networkFamily] = [isIP(host), isIP(address)];
  if (family === 0 || family !== networkFamily || bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(address, bits, type);
  return list.check(host, type);
}
