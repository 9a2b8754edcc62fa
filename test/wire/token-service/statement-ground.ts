import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, utimes, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { policyOf, readConfig } from '../../../controller/config/config.ts';
import { TokenMetrics } from '../../../controller/metrics/token-metrics.ts';
import { signingKeyOf } from '../../../controller/token-service/keys/access-token.ts';
import { renewedKeys, signingOf } from '../../../controller/token-service/keys/key-secret.ts';
import { provenanceKeyOf, renewedProvenance } from '../../../controller/token-service/keys/provenance-key.ts';
import { PodLimits } from '../../../controller/token-service/pod-limits.ts';
import { serveTokens } from '../../../controller/token-service/token-server.ts';
import { TokenService } from '../../../controller/token-service/token-service.ts';
import { realPorts } from '../../../shared/helper/ports.ts';
import { runRequest } from '../../../shared/helper/run-request.ts';
import type { RegistryToken } from '../../../shared/interface/places/registry-token.ts';
import type { CacheReport, CacheRequest } from '../../../shared/request/protocol.ts';
import { createLog } from '../../../shared/log.ts';
import { stampsOf } from '../../support/product/stamps.ts';
import { makeCertificates } from '../../support/registry/certificates.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RegistryKind } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { request as requestWith } from '../../unit/helper/fakes.ts';

/** A run, by what its pod's token leads to. */
export interface TestRun {
  readonly namespace: string;
  readonly uid: string;
  /** Number of the pull request of a fork, where it is one. */
  readonly pullRequest?: string;
}

interface Done {
  readonly report: CacheReport;
  readonly lines: readonly string[];
}

/** A registry, and the token service that it believes, for helpers of several runs; both with TLS, by an authority of their own. */
export interface StatementGround {
  readonly host: string;
  /** PEM. */
  readonly publicKeys: string;
  /** Whether the service can sign. */
  hasKey: boolean;
  readonly directory: string;
  registryTokenOf(run: TestRun): Promise<RegistryToken>;
  /** An upload of a file with this content, or a fetch, by a helper of the run. */
  upload(run: TestRun, target: string, content: string, more?: Partial<CacheRequest>): Promise<Done>;
  /** Another upload of a directory that a fetch has made. */
  uploadFrom(dir: string, run: TestRun, target: string, more?: Partial<CacheRequest>): Promise<Done>;
  fetch(run: TestRun, target: string, more?: Partial<CacheRequest>): Promise<Done & { readonly dir: string }>;
  stop(): Promise<void>;
}

const SERVICE = 'tekton-cache-registry';

export async function statementGround(kind: RegistryKind): Promise<StatementGround> {
  const directory = await temporaryDirectory();
  const keys = renewedKeys({}, new Date())!;
  const provenance = renewedProvenance({})!;
  const service = new TokenService({
    rules: () => ({ policy: policyOf(readConfig({}).config), services: [SERVICE] }),
    key: () => signingKeyOf(signingOf(keys)),
    statements: {
      key: () => (ground.hasKey ? provenanceKeyOf(provenance['provenance.key']) : undefined),
      version: '1.2.3',
    },
    identify: (password) => Promise.resolve(requesterOf(password)),
    limits: new PodLimits({ perSecond: 100, burst: 1000 }),
    metrics: new TokenMetrics(),
    log: createLog({ silent: true }),
  });
  const files = await makeCertificates(directory.path);
  const read = async (file: string): Promise<string> => await readFile(file, 'utf8');
  const ca = await read(files.authority);
  const { server } = serveTokens(0, service, { cert: await read(files.certificate), key: await read(files.key) });
  await once(server, 'listening');
  // A name, as an installation has: clients such as cosign take no address of this machine for that of a token server.
  const realm = `https://localhost:${(server.address() as AddressInfo).port}/token`;
  const rootcertbundle = join(directory.path, 'authority.crt');
  await writeFile(rootcertbundle, keys['authority.crt']);
  const registry = await startRegistry({
    kind,
    tls: files,
    auth: { token: { realm, service: SERVICE, issuer: 'tekton-cache', rootcertbundle } },
  });
  const registryTokenOf = async (run: TestRun): Promise<RegistryToken> => {
    const tokenFile = join(directory.path, `token-${run.uid}`);
    await writeFile(tokenFile, passwordOf(run));
    return { registry: registry.host, realm, tokenFile, ca, publicKeys: provenance['provenance.pub'] };
  };
  const perform = async (verb: 'fetch' | 'upload', run: TestRun, target: string, more: Partial<CacheRequest>) => {
    const dir = await mkdtemp(join(directory.path, 'cache-'));
    const request = requestWith({
      verb,
      target: `${registry.host}/${target}`,
      caches: [{ name: 'cache', dir }],
      registryToken: await registryTokenOf(run),
      ...more,
    });
    const lines: string[] = [];
    return { request, dir, lines, ports: realPorts(request, { line: (text) => void lines.push(text) }) };
  };
  const ground: StatementGround = {
    host: registry.host,
    hasKey: true,
    publicKeys: provenance['provenance.pub'],
    directory: directory.path,
    registryTokenOf,
    upload: async (run, target, content, more = {}) => {
      const { request, dir, lines, ports } = await perform('upload', run, target, more);
      await mkdir(join(dir, 'sub'));
      await writeFile(join(dir, 'sub', 'file'), content);
      // The same content gives the same bytes.
      for (const path of ['sub/file', 'sub']) await utimes(join(dir, path), 1e9, 1e9);
      return { report: await runRequest(request, ports), lines };
    },
    uploadFrom: async (dir, run, target, more = {}) => {
      const caches = [{ name: 'cache', dir }];
      const { request, lines, ports } = await perform('upload', run, target, { ...more, caches });
      return { report: await runRequest(request, ports), lines };
    },
    fetch: async (run, target, more = {}) => {
      const { request, dir, lines, ports } = await perform('fetch', run, target, more);
      return { report: await runRequest(request, ports), lines, dir };
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await registry.stop();
      await directory.remove();
    },
  };
  return ground;
}

/** In the form of a service account token, so that the helper takes it for one. */
function passwordOf(run: TestRun): string {
  const claims = { aud: ['tekton-cache'], run };
  return ['{}', JSON.stringify(claims), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.');
}

function requesterOf(password: string) {
  const text = Buffer.from(password.split('.')[1] ?? '', 'base64url').toString();
  const { namespace, uid, pullRequest } = (JSON.parse(text) as { readonly run: TestRun }).run;
  const stamps = {
    'event-type': 'pull_request',
    repository: 'app',
    'pull-request': pullRequest ?? '',
    branch: 'main',
    'repo-url': 'https://git.example/app',
    'source-repo-url': 'https://git.example/fork',
    sha: 'c'.repeat(40),
  };
  const annotations = stampsOf(pullRequest === undefined ? {} : stamps);
  return {
    pod: `${namespace}/pod-${uid}`,
    podUid: uid,
    run: `PipelineRun ci-${uid}`,
    task: `TaskRun ci-${uid}-build`,
    facts: { namespace, namespaceLabels: {}, serviceAccount: 'default', run: uid, annotations, labels: {} },
  };
}
