import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../../../shared/cli/main.ts';

describe('a directory without which a tool ends', () => {
  let place = '';
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'makes-'));
    writeFileSync(join(place, '.terraform.lock.hcl'), '# providers\n');
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  const fetch = async (caches: string, ...words: readonly string[]): Promise<string> => {
    let log = '';
    const terminal = {
      environment: { HOME: place },
      print: () => undefined,
      log: (text: string) => void (log += text),
    };
    const given = [`--target=oci:${join(place, 'registry')}`, `--source=${place}`, `--workspace=caches=${caches}`];
    expect(await main(['fetch', '--preset=terraform', ...given, ...words], terminal)).to.equal(0);
    return log;
  };

  it('is made by the fetch, for all users, whether there is an entry, none yet, or none is asked for', async () => {
    for (const mode of ['pull-push', 'push', 'off']) {
      const caches = join(place, `caches-${mode}`);
      await fetch(caches, `--mode=${mode}`);
      const made = join(caches, 'terraform-downloads/plugins');
      expect(existsSync(made), mode).to.equal(true);
      expect(statSync(made).mode & 0o777, mode).to.equal(0o777);
    }
  });

  it('is no more than a sentence where it cannot be made', async () => {
    const caches = join(place, 'file');
    writeFileSync(caches, '');
    expect(await fetch(caches, '--mode=off')).to.contain('terraform-downloads');
  });
});
