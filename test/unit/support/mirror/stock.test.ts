import { expect } from 'chai';

import { indexLines } from '../../../support/mirror/stock/crates-stock.ts';
import { debianName, gemsIn } from '../../../support/mirror/stock/gems-stock.ts';
import { gradlePath } from '../../../support/mirror/stock/gradle-stock.ts';
import { normalized, packageOf } from '../../../support/mirror/stock/python-stock.ts';
import { serveStock } from '../../../support/mirror/stock/stock-server.ts';
import { readBelow } from '../../../support/mirror/stock/stock.ts';

describe('stocks of packages', () => {
  it('find a Python package under each of its spellings', () => {
    expect(normalized('Foo.Bar_baz')).to.equal('foo-bar-baz');
    expect(packageOf('typing_extensions-4.12.2-py3-none-any.whl')).to.equal('typing-extensions');
    expect(packageOf('python-dateutil-2.9.0.tar.gz')).to.equal('python-dateutil');
  });

  it("read the versions of a crate from Cargo's own file", () => {
    const cached = Buffer.from('\u0003\u0002\0\0\0Unknown\x000.1.0\0{"vers":"0.1.0"}\x000.2.0\0{"vers":"0.2.0"}\0');
    expect(indexLines(cached)).to.deep.equal(['{"vers":"0.1.0"}', '{"vers":"0.2.0"}']);
  });

  it('have nothing outside of their directory', async () => {
    expect(await readBelow(import.meta.dirname, 'stock.test.ts')).to.be.instanceOf(Buffer);
    for (const path of ['../mirror/stock.test.ts', '/etc/passwd', '', 'none']) {
      expect(await readBelow(import.meta.dirname, path), path).to.equal(undefined);
    }
  });

  it('count the packages that they sent, and say that these never change', async () => {
    const answer = async (path: string) =>
      await Promise.resolve({ content: Buffer.from(path), contentType: 'text/plain', isPackage: path === 'a.jar' });
    const served = await serveStock({ repository: () => ({ name: 'x', answer }) }, '127.0.0.1');
    try {
      const page = await fetch(`${served.url}/index`);
      expect([await page.text(), page.headers.get('cache-control')]).to.deep.equal(['index', null]);
      expect(served.sent()).to.equal(0);
      const file = await fetch(`${served.url}/a.jar`);
      expect(await file.text()).to.equal('a.jar');
      expect(file.headers.get('cache-control')).to.include('immutable');
      expect(served.sent()).to.equal(1);
    } finally {
      served.stop();
    }
  });
});

describe('the stock of Gradle', () => {
  it('finds a path of a repository in what Gradle keeps, with dots in the group', () => {
    expect(gradlePath('com/fasterxml/jackson/core/jackson-core/2.18.2/jackson-core-2.18.2.jar')).to.deep.equal({
      directory: 'com.fasterxml.jackson.core/jackson-core/2.18.2',
      file: 'jackson-core-2.18.2.jar',
    });
    expect(gradlePath('jackson-core/2.18.2/jackson-core-2.18.2.jar')).to.equal(undefined);
  });
});

describe('the stock of gems', () => {
  it('is of the gems that a lockfile names, not of what they ask for', () => {
    const lock =
      'GEM\n  specs:\n    i18n (1.10.0)\n      concurrent-ruby (~> 1.0)\n    concurrent-ruby (1.1.6)\n\nDEPENDENCIES\n  i18n (= 1.10.0)\n';
    expect(gemsIn(lock)).to.deep.equal(['i18n', 'concurrent-ruby']);
    expect(gemsIn(lock).map(debianName)).to.deep.equal(['ruby-i18n', 'ruby-concurrent']);
  });
});
