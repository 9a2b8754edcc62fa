/** What `kubectl apply -k` makes of `manifests/buckets`, and whether the registry takes it. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { readConfig } from '../../../controller/config/config.ts';
import { rulesOf } from '../../../controller/storage/retention/rules.ts';
import type { NewObject } from '../../support/kube/kube-api.ts';
import { patient } from '../../support/patience.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { objectsWithBucket } from '../../support/release/bucket-patch.ts';
import type { BucketKind } from '../../support/release/bucket-patch.ts';
import { containerOf, variablesOf } from './bucket-variables.ts';

const [REGISTRY, COLLECTOR] = ['tekton-cache-registry', 'tekton-cache-registry-collector'];
const PAGE = readFileSync(new URL('../../../docs/registries.md', import.meta.url), 'utf8');

/** What a user writes into the Secret; no server is asked before the first request. */
const SECRETS = {
  gcs: (key: string) => ({ REGISTRY_STORAGE_GCS_BUCKET: 'caches', REGISTRY_STORAGE_GCS_KEYFILE: key }),
  azure: () => ({
    REGISTRY_STORAGE_AZURE_ACCOUNTNAME: 'caches',
    REGISTRY_STORAGE_AZURE_CONTAINER: 'caches',
    REGISTRY_STORAGE_AZURE_CREDENTIALS_TYPE: 'shared_key',
    REGISTRY_STORAGE_AZURE_ACCOUNTKEY: Buffer.from('key').toString('base64'),
  }),
} as const;

/** What the registry asks its bucket for while it collects. */
const [REQUESTS_OF_ENTRY, LOOKUPS_AT_ONCE, REQUEST_MS, COLLECTION_MS] = [27, 4, 20, 1_800_000];

const BUILD_MS = 1_800_000;
const KINDS = ['s3', 'gcs', 'azure'] as const;

describe('a patch for a bucket', function () {
  this.timeout(patient(60_000));
  const patched = new Map<BucketKind, readonly NewObject[]>();
  before(async function () {
    // The first time ever kubectl is built.
    this.timeout(BUILD_MS);
    for (const kind of KINDS) patched.set(kind, await objectsWithBucket(kind));
  });

  for (const kind of KINDS) {
    it(`gives the registry and its collector the same storage, and takes the claim away: ${kind}`, () => {
      const objects = patched.get(kind) ?? [];
      const variables = variablesOf(objects, REGISTRY);
      expect(variables).to.deep.equal({
        REGISTRY_STORAGE: kind,
        REGISTRY_STORAGE_DELETE_ENABLED: 'true',
        REGISTRY_STORAGE_REDIRECT_DISABLE: 'true',
        // 11 MiB for an upload, of the 1 GiB below.
        ...(kind === 's3' ? { REGISTRY_STORAGE_S3_CHUNKSIZE: '5242880' } : {}),
      });
      expect(variablesOf(objects, COLLECTOR)).to.deep.equal(variables);
      for (const name of [REGISTRY, COLLECTOR]) {
        const { envFrom, resources } = containerOf(objects, name);
        expect(envFrom).to.deep.equal([{ secretRef: { name: 'tekton-cache-bucket' } }]);
        expect(resources?.limits).to.deep.equal({ memory: '1Gi' });
      }
      const claims = objects
        .filter((object) => object.kind === 'PersistentVolumeClaim')
        .map(({ metadata }) => metadata.name);
      expect(claims).to.deep.equal(['tekton-cache-storage']);
      const workloads = objects.filter(({ kind: of }) => of === 'Deployment');
      const used = workloads.flatMap((object) => [...JSON.stringify(object).matchAll(/"claimName":"([^"]*)"/g)]);
      expect(used.map(([, claim]) => claim)).to.deep.equal(claims);
    });
  }

  it('keeps no more entries than the registry can collect, by bounds that the housekeeper knows', () => {
    for (const objects of patched.values()) {
      const found = objects.find(
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'tekton-cache-config',
      );
      const { config, problems } = readConfig(found?.['data'] as Record<string, string>);
      expect(problems).to.deep.equal([]);
      const { quotas, entriesPerRepository = Infinity } = rulesOf(config);
      const { entries = Infinity } = quotas.inAll;
      // The page on storage has them.
      expect(entries * (REQUESTS_OF_ENTRY + entriesPerRepository / LOOKUPS_AT_ONCE) * REQUEST_MS).to.be.below(
        COLLECTION_MS,
      );
    }
  });

  for (const kind of ['gcs', 'azure'] as const) {
    it(`is taken by the registry, with the variables of the page: ${kind}`, async () => {
      const directory = await temporaryDirectory();
      const key = join(directory.path, 'key.json');
      await writeFile(key, JSON.stringify(serviceAccount()));
      const secret = SECRETS[kind](key);
      for (const name of Object.keys(secret)) expect(PAGE).to.contain(`\`${name}`);
      const patch = variablesOf(patched.get(kind) ?? [], REGISTRY);
      const bucket = { variables: { ...patch, ...secret }, folder: directory.path };
      const registry = await startRegistry({ kind: 'distribution', bucket });
      await registry.stop();
      await directory.remove();
    });
  }
});

/** A key file as Google gives it. */
function serviceAccount(): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    type: 'service_account',
    client_email: 'caches@example.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: 'https://oauth2.example/token',
  };
}
