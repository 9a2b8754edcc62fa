import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';

interface Registry {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly [
          { readonly command: readonly string[]; readonly livenessProbe: { readonly exec: { readonly command: readonly string[] } } },
        ];
      };
    };
  };
}

const FILE = new URL('../../../manifests/overlays/registry/500-registry.yaml', import.meta.url);
/** What it reads when it starts, and never again. */
const READ_ONCE = ['configuration/config.yml', 'tls/tls.crt', 'token-keys/authority.crt'];

describe('the registry of an installation', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'registry-restart-'));
    for (const name of ['configuration', 'tls', 'token-keys', 'started', 'bin']) mkdirSync(join(root, name));
    for (const name of READ_ONCE) writeFileSync(join(root, name), `${name}\n`);
    // The program itself.
    writeFileSync(join(root, 'bin', 'registry'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const [, deployment] = parseAllDocuments(readFileSync(FILE, 'utf8')).map((document): Registry => document.toJS());
  const container = deployment?.spec.template.spec.containers[0];

  /** Runs a command of the container with its volumes below `root`; the exit code. */
  const run = (command: readonly string[] = []): number | null => {
    const [program = '', ...args] = command.map((text) =>
      text.replaceAll(/ \/(configuration|tls|token-keys|started)\//g, (_, name: string) => ` ${root}/${name}/`),
    );
    return spawnSync(program, args, { env: { ...process.env, PATH: `${root}/bin:${process.env['PATH']}` } }).status;
  };

  for (const name of READ_ONCE) {
    it(`starts again when what it has read changes: ${name}`, () => {
      expect(run(container?.command)).to.equal(0);
      const isAlive = (): boolean => run(container?.livenessProbe.exec.command) === 0;
      expect(isAlive()).to.equal(true);
      writeFileSync(join(root, name), 'another\n');
      expect(isAlive()).to.equal(false);
      expect(run(container?.command)).to.equal(0);
      expect(isAlive()).to.equal(true);
    });
  }
});
