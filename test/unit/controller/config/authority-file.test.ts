import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { AuthorityFile } from '../../../../controller/config/authority-file.ts';
import { createLog } from '../../../../shared/log.ts';
import { until } from '../../../support/deadline.ts';

const pem = (content: string): string => `-----BEGIN CERTIFICATE-----\n${content}\n-----END CERTIFICATE-----\n`;

describe('the file of the authority', () => {
  it('may come later and change, and is never something else than certificates', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'authority-'));
    const file = join(directory, 'ca.crt');
    const write = (content: string): void => {
      writeFileSync(`${file}.new`, content);
      renameSync(`${file}.new`, file);
    };
    const authority = new AuthorityFile({ file, log: createLog({ silent: true }), lookMs: 10 });
    try {
      expect(authority.current).to.equal('');
      write(pem('Zmlyc3Q='));
      await until('the first authority', 20_000, async () => authority.current === pem('Zmlyc3Q='), 50);
      write('half of a ');
      write(`${pem('Zmlyc3Q=')}${pem('c2Vjb25k')}`);
      await until('the second', 20_000, async () => authority.current.includes('c2Vjb25k'), 50);
    } finally {
      authority.stop();
      rmSync(directory, { recursive: true });
    }
  });

  it('is none where the installation makes no certificates', () => {
    expect(new AuthorityFile({ file: '', log: createLog({ silent: true }) }).current).to.equal('');
  });
});
