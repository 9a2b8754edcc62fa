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

  const run = async (verb: 'fetch' | 'upload', caches: string, ...words: readonly string[]): Promise<string> => {
    let log = '';
    const terminal = {
      environment: { HOME: place },
      print: () => undefined,
      log: (text: string) => void (log += text),
    };
    const given = [`--target=oci:${join(place, 'registry')}`, `--source=${place}`, `--workspace=caches=${caches}`];
    expect(await main([verb, '--preset=terraform', ...given, ...words], terminal)).to.equal(0);
    return log;
  };
  const fetch = (caches: string, ...words: readonly string[]): Promise<string> => run('fetch', caches, ...words);

  it('is made by the fetch, for all users, whether there is an entry, none yet, or none is asked for', async () => {
    for (const mode of ['pull-push', 'push', 'off']) {
      const caches = join(place, `caches-${mode}`);
      await fetch(caches, `--mode=${mode}`);
      const made = join(caches, 'terraform-downloads/plugins');
      expect(existsSync(made), mode).to.equal(true);
      expect(statSync(made).mode & 0o777, mode).to.equal(0o777);
    }
  });

  it('is there after a fetch that removes what its entry does not have', async () => {
    const [first, second] = [join(place, 'first'), join(place, 'second')];
    await fetch(first);
    rmSync(join(first, 'terraform-downloads/plugins'), { recursive: true });
    writeFileSync(join(first, 'terraform-downloads/other'), '');
    expect(await run('upload', first)).to.contain('uploaded');
    for (const caches of [first, second]) {
      expect(await fetch(caches, '--clean')).to.contain('exact');
      const made = join(caches, 'terraform-downloads/plugins');
      expect(existsSync(made), caches).to.equal(true);
      expect(statSync(made).mode & 0o777, caches).to.equal(0o777);
    }
  });

  it('is no more than a sentence where it cannot be made', async () => {
    const caches = join(place, 'file');
    writeFileSync(caches, '');
    const log = await fetch(caches, '--mode=off');
    expect(log.split('terraform-downloads/plugins, without which the tool ends')).to.have.length(2);
    expect(log).not.to.contain('    at ');
  });
});
