/** Images in the forms of the tools that build them: ours is the tree that containerd and crane make of them, or a sentence says why not. */
import { hash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arch } from 'node:process';
import { expect } from 'chai';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { Descriptor, Store } from '../../../shared/store/store.ts';
import { runCommand } from '../../support/command.ts';
import { putBytes, putJson } from '../../support/entry/put-image.ts';
import { toolSet } from '../../support/prerequisites/go-tools.ts';
import { startContainerd, type Containerd } from '../../support/process/containerd.ts';
import { startRegistry, type RunningRegistry } from '../../support/registry/registry-process.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';
import { FORMS, OCI_GZIP, type Form } from './builder-forms.ts';

describe('the image of a builder', function () {
  this.timeout(300_000);
  let registry: RunningRegistry;
  let containerd: Containerd;
  let crane: string;
  let base: string;

  before(async () => {
    crane = join(await toolSet('registry', (line) => process.stderr.write(`${line}\n`)), 'crane');
    registry = await startRegistry();
    containerd = await startContainerd();
    base = fs.mkdtempSync(join(tmpdir(), 'builders-'));
  });
  after(async () => {
    fs.rmSync(base, { recursive: true, force: true });
    await containerd.stop();
    await registry.stop();
  });

  let images = 0;
  const newImage = (): string => `${registry.host}/image-${images++}:tag`;

  async function inStore<T>(image: string, work: (store: Store, reference: string) => Promise<T>): Promise<T> {
    const { store, reference } = openStore(image);
    try {
      return await work(store, reference);
    } finally {
      await store.close();
    }
  }

  async function putForm(store: Store, reference: string, form: Form): Promise<Descriptor> {
    const { manifest, config, layer } = form.types ?? OCI_GZIP;
    const layers = [];
    const diffIds = [];
    for (const { tar, blob } of form.layers.map(form.packing)) {
      layers.push(await putBytes(store, blob, layer));
      diffIds.push(`sha256:${hash('sha256', tar, 'hex')}`);
    }
    const rootfs = { type: 'layers', diff_ids: diffIds };
    const text = JSON.stringify({ architecture: arch === 'x64' ? 'amd64' : arch, os: 'linux', config: {}, rootfs });
    return putJson(store, reference, manifest, {
      schemaVersion: 2,
      mediaType: manifest,
      config: await putBytes(store, Buffer.from(text), config),
      layers,
    });
  }

  async function fetched(image: string): Promise<string> {
    const into = fs.mkdtempSync(join(base, 'fetched-'));
    const fetch = { dir: into, paths: [], exclude: [], clean: false };
    const outcome = await inStore(image, (store, reference) => fetchEntry({ ...fetch, store, reference }));
    expect(outcome).to.include({ found: true });
    return into;
  }

  for (const [name, form] of Object.entries(FORMS)) {
    it(`is the tree that it is to containerd and crane: ${name}`, async () => {
      const image = newImage();
      await inStore(image, (store, reference) => putForm(store, reference, form));
      const into = await fetched(image);
      for (const path of form.has) expect(isThere(join(into, path)), path).to.equal(true);
      for (const path of form.lacks ?? []) expect(isThere(join(into, path)), path).to.equal(false);
      const ours = contents(into);
      expectSameTree(await containerd.mounted(image, contents), ours, 'containerd');
      if (form.otherToCrane === true) return;
      const exported = fs.mkdtempSync(join(base, 'exported-'));
      const script = '"$0" export "$1" - | tar -x -p --delay-directory-restore -C "$2"';
      await runCommand('bash', ['-o', 'pipefail', '-c', script, crane, image, exported]);
      expectSameTree(contents(exported), ours, 'crane');
    });
  }
});

/** Of directories without a header each tool makes the time up. */
function contents(directory: string): string[] {
  return treePicture(directory).map((line) => line.replace(/( directory \d+) -?\d+$/, '$1'));
}

function isThere(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
