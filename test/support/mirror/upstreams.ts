import { runCommand } from '../command.ts';

/** Where this machine gets packages from; addresses of a workplace are asked for and never written down. */
export interface Upstreams {
  readonly npm: string;
  readonly go: string;
}

/** The first proxy of a GOPROXY list such as `https://a.example,https://b.example|direct`. */
export const firstGoProxy = (list: string): string =>
  list.split(/[,|]/).find((entry) => entry.startsWith('http')) ?? 'https://proxy.golang.org';

export const readUpstreams = async (): Promise<Upstreams> => ({
  npm: (await runCommand('npm', ['config', 'get', 'registry'])).trim(),
  go: firstGoProxy((await runCommand('go', ['env', 'GOPROXY'])).trim()),
});
