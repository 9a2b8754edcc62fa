import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';

import { readConfig } from '../../../../controller/config/config.ts';
import { CERTIFICATE_SECRETS } from '../../../../controller/registry/registry-certificates.ts';
import { NOTIFICATION_SECRET } from '../../../../controller/storage/notifications/shared-secret.ts';
import { KEY_SECRET } from '../../../../controller/token-service/keys/key-ring.ts';

import { parseObjects } from '../../../support/product/yaml-files.ts';
import { catalogFiles } from '../../../support/release/catalog.ts';
import {
  BASIC_AUTH,
  MONITORING,
  REGISTRY_OVERLAY,
  releaseManifest,
  releaseStepActions,
  STAMPS,
  TOKEN_SERVICE_OVERLAY,
} from '../../../support/release/manifests.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..', '..');
const REGISTRY = 'Deployment tekton-cache-registry';
const IMAGE = `registry.example.com/tekton-cache@sha256:${'a'.repeat(64)}`;

interface Selecting {
  readonly replicas?: number;
  readonly selector: object;
}

/** Every string of an object that stands for an image, or for a program's image. */
function imagesIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(imagesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): unknown[] => (key === 'image' ? [inner] : imagesIn(inner)));
}

describe('release.yaml', () => {
  it('names every image by its digest, that of helper pods too', async () => {
    const text = await releaseManifest(REPOSITORY, IMAGE);
    const images = imagesIn(parseObjects(text, 'release.yaml'));
    expect(images.length).to.be.greaterThan(0);
    expect(new Set(images)).to.deep.equal(new Set([IMAGE]));
    expect(text).to.match(new RegExp(`name: IMAGE\\n\\s+value: ${IMAGE}`));
  });

  it('brings the namespace before what lies in it', async () => {
    const [first] = parseObjects(await releaseManifest(REPOSITORY, IMAGE), 'release.yaml');
    expect(first?.kind).to.equal('Namespace');
  });
});

describe('monitoring.yaml', () => {
  it('is beside an installation: what is read, alerts and a dashboard, in its namespace', async () => {
    const objects = parseObjects(await releaseManifest(REPOSITORY, IMAGE, MONITORING), 'monitoring.yaml');
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).to.deep.equal([
      'PodMonitor tekton-cache',
      'PrometheusRule tekton-cache',
      'ConfigMap tekton-cache',
    ]);
  });
});

describe('a file that goes beside an installation', () => {
  const namesIn = async (folder?: string): Promise<readonly string[]> =>
    parseObjects(await releaseManifest(REPOSITORY, IMAGE, folder), folder ?? 'release.yaml').map(
      ({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
    );

  for (const folder of [BASIC_AUTH, STAMPS, MONITORING]) {
    it(`changes nothing of it: ${folder}`, async () => {
      const installed = new Set((await Promise.all([namesIn(), namesIn(REGISTRY_OVERLAY)])).flat());
      expect((await namesIn(folder)).filter((name) => installed.has(name))).to.deep.equal([]);
    });
  }
});

describe('release-token-service.yaml', () => {
  it('is release.yaml and the token service, each image by its digest', async () => {
    const text = await releaseManifest(REPOSITORY, IMAGE, TOKEN_SERVICE_OVERLAY);
    const objects = parseObjects(text, 'release-token-service.yaml');
    const names = objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
    expect(names).to.have.members(['tekton-cache-controller', 'tekton-cache-token-service']);
    expect(new Set(imagesIn(objects))).to.deep.equal(new Set([IMAGE]));
    expect(text).to.match(new RegExp(`name: IMAGE\\n\\s+value: ${IMAGE}`));
  });
});

describe('release-registry.yaml', () => {
  const objects = async () =>
    parseObjects(await releaseManifest(REPOSITORY, IMAGE, REGISTRY_OVERLAY), 'release-registry.yaml');

  it('is release.yaml and more, each object once, the namespace first', async () => {
    const names = (await objects()).map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(new Set(names).size).to.equal(names.length);
    expect(names[0]).to.equal('Namespace /tekton-cache');
    const plain = parseObjects(await releaseManifest(REPOSITORY, IMAGE), 'release.yaml');
    for (const { kind, metadata } of plain)
      expect(names).to.include(`${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
  });

  it('names every image by its digest', async () => {
    const images = imagesIn(await objects());
    expect(images).to.include(IMAGE);
    for (const image of images) expect(image).to.match(/@sha256:[0-9a-f]{64}$/);
  });

  it('lets a drained node take one replica at a time of what has several, and the only one of the others', async () => {
    const all = await objects();
    const specs = (kind: string) => all.filter((object) => object.kind === kind).map(({ spec }) => spec as Selecting);
    const budgets = specs('PodDisruptionBudget').map(({ selector }) => selector);
    const several = specs('Deployment').filter(({ replicas = 1 }) => replicas > 1);
    expect(budgets).to.deep.equal(several.map(({ selector }) => selector));
  });

  it('has one registry and one token server, whoever names them', async () => {
    const all = await objects();
    const dataOf = (name: string): Record<string, string> =>
      all.find((object) => object.kind === 'ConfigMap' && object.metadata.name === name)?.['data'] as Record<
        string,
        string
      >;
    const { config, problems } = readConfig(dataOf('tekton-cache-config'));
    expect(problems).to.deep.equal([]);
    expect(config.registryCertificates).to.equal('own');
    const registry = parse(dataOf('tekton-cache-registry')['config.yml'] ?? '');
    expect(registry.auth.token.realm).to.equal(config.registryRealm);
    expect(config.tokenServices).to.include(registry.auth.token.service);
    const services = all
      .filter(({ kind }) => kind === 'Service')
      .map(({ metadata }) => `${metadata.name}.tekton-cache.svc`);
    const deployment = JSON.stringify(all.find(({ kind, metadata }) => `${kind} ${metadata.name}` === REGISTRY));
    const [, notified = ''] = /url: (https:[^\\]+)\\n/.exec(deployment) ?? [];
    const hosts = [config.registryRealm, notified].map((address) => new URL(address).hostname);
    expect(services).to.have.members([config.registry, ...hosts]);
  });

  it('lets nobody but the registry at the port of the notifications', async () => {
    const all = await objects();
    const find = (kind: string, name: string): unknown =>
      all.find((object) => object.kind === kind && object.metadata.name === name)?.['spec'];
    const podsOf = (name: string): unknown => Reflect.get(Object(find('Deployment', name)), 'selector');
    expect(find('NetworkPolicy', 'tekton-cache-storage')).to.deep.equal({
      podSelector: podsOf('tekton-cache-storage'),
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: podsOf('tekton-cache-registry') }], ports: [{ port: 'notifications' }] },
        { ports: [{ port: 'http' }] },
      ],
    });
  });

  it('has each Secret that somebody fills, empty, and lets nobody make others', async () => {
    const all = await objects();
    const secrets = all.filter(({ kind }) => kind === 'Secret');
    const names = secrets.map(({ metadata }) => metadata.name);
    expect(names).to.have.members([...Object.values(CERTIFICATE_SECRETS), KEY_SECRET, NOTIFICATION_SECRET]);
    for (const secret of secrets) expect(secret).to.not.have.any.keys('data', 'stringData');
    const rules = all.flatMap(
      (object) => (object['rules'] as { resources: string[]; verbs: string[]; resourceNames?: string[] }[]) ?? [],
    );
    const onSecrets = rules.filter(({ resources }) => resources.includes('secrets'));
    expect(onSecrets.flatMap(({ resourceNames = ['*'] }) => resourceNames)).to.have.members(names);
    expect(new Set(onSecrets.flatMap(({ verbs }) => verbs))).to.deep.equal(new Set(['get', 'patch']));
  });
});

interface Kustomization {
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly { readonly path?: string }[];
  readonly images?: unknown;
  readonly replacements?: unknown;
}

describe('a kustomization', () => {
  const read = async (folder: string): Promise<Kustomization> =>
    parse(await readFile(join(folder, 'kustomization.yaml'), 'utf8'));

  const hasController = async (folder: string): Promise<boolean> => {
    const { resources = [] } = await read(folder);
    if (resources.includes('500-controller.yaml')) return true;
    const inner = resources.filter((name) => !name.endsWith('.yaml')).map((name) => hasController(join(folder, name)));
    return (await Promise.all(inner)).includes(true);
  };

  it('with the controller gives helper pods the image that is set in it', async () => {
    const manifests = join(REPOSITORY, 'manifests');
    const files = (await readdir(manifests, { recursive: true })).filter((name) => name.endsWith('kustomization.yaml'));
    const folders = files.map((name) => join(manifests, dirname(name)));
    const found = await Promise.all(folders.map(async (folder) => ({ folder, has: await hasController(folder) })));
    const withIt = found.filter(({ has }) => has).map(({ folder }) => folder);
    expect(withIt).to.have.length(4);
    const { images, replacements } = await read(join(manifests, 'base'));
    // Those of a folder within take what was set there alone.
    for (const folder of withIt) expect(await read(folder), folder).to.deep.include({ images, replacements });
  });

  it('finds what it names, and no base that it lies in, which kustomize takes for a circle', async () => {
    const manifests = join(REPOSITORY, 'manifests');
    const files = (await readdir(manifests, { recursive: true })).filter((name) => name.endsWith('kustomization.yaml'));
    expect(files.length).to.be.greaterThan(3);
    for (const file of files) {
      const folder = join(manifests, dirname(file));
      const { resources = [], components = [], patches = [] } = await read(folder);
      for (const name of [...resources, ...components, ...patches.flatMap(({ path = [] }) => path)]) {
        expect(existsSync(join(folder, name)), `${file}: ${name}`).to.equal(true);
        expect(`${folder}/`.startsWith(`${join(folder, name)}/`), `${file}: ${name}`).to.equal(false);
      }
    }
  });
});

describe('the StepActions of a release', () => {
  it('name the image by its digest', async () => {
    for (const { name, text } of await releaseStepActions(REPOSITORY, IMAGE))
      expect(imagesIn(parseObjects(text, name)), name).to.deep.equal([IMAGE]);
  });

  it('have a folder, a label with the version and a minimum version in the catalog', async () => {
    for (const stepAction of await releaseStepActions(REPOSITORY, IMAGE)) {
      const [file] = catalogFiles(stepAction, '1.2.3');
      expect(file?.path).to.equal(`stepaction/${stepAction.name}/1.2/${stepAction.name}.yaml`);
      const [object] = parseObjects(file?.text ?? '', 'the catalog');
      expect(object?.metadata).to.deep.include({ name: stepAction.name });
      expect(file?.text).to.match(/app\.kubernetes\.io\/version: ["']?1\.2\.3/);
      expect(file?.text).to.match(/tekton\.dev\/pipelines\.minVersion: ["']?\d+\.\d+\.\d+/);
    }
  });
});
