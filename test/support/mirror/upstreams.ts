import { runCommand } from '../command.ts';

/** A server that this machine gets packages from, or what is missing so that it is none. */
type Upstream = { readonly url: string } | { readonly missing: string };

/** Addresses of a workplace are asked for and never written down. */
export interface Upstreams {
  readonly npm: Upstream;
  readonly go: Upstream;
}

/** From what `npm config get registry` says: an address, or `undefined`. */
export const npmUpstream = (registry: string): Upstream =>
  /^https?:/.test(registry)
    ? { url: registry }
    : { missing: `npm has no registry ("${registry}"). "npm config set registry URL" gives it one.` };

/** From a GOPROXY list such as `https://a.example,https://b.example|direct`: its first proxy. */
export const goUpstream = (list: string): Upstream => {
  const url = list.split(/[,|]/).find((entry) => /^https?:/.test(entry));
  if (url !== undefined) return { url };
  return { missing: `Go has no module proxy (GOPROXY is "${list}"). "go env -w GOPROXY=URL,direct" gives it one.` };
};

export const readUpstreams = async (): Promise<Upstreams> => ({
  npm: npmUpstream((await runCommand('npm', ['config', 'get', 'registry'])).trim()),
  go: goUpstream((await runCommand('go', ['env', 'GOPROXY'])).trim()),
});

/** A sentence for each upstream that there is not. */
export const missingOf = (upstreams: Upstreams): readonly string[] =>
  [upstreams.npm, upstreams.go].flatMap((upstream) => ('missing' in upstream ? [upstream.missing] : []));
