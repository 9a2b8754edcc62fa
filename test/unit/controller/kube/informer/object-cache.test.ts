import { expect } from 'chai';

import { ObjectCache } from '../../../../../controller/kube/informer/object-cache.ts';

const pod = (name: string, resourceVersion: string, uid = `uid-${name}`) => ({
  metadata: { namespace: 'ns', name, uid, resourceVersion },
});

describe('ObjectCache', () => {
  it('keeps the newer version, whichever comes last', () => {
    const cache = new ObjectCache();
    expect(cache.put(pod('a', '9'))?.type).to.equal('add');
    expect(cache.put(pod('a', '10'))?.type).to.equal('update');
    expect(cache.put(pod('a', '9'))).to.equal(undefined);
    expect(cache.put(pod('a', '10'))).to.equal(undefined);
    expect(cache.get('ns/a')?.metadata.resourceVersion).to.equal('10');
  });

  it('is not told of the end of a predecessor of the same name', () => {
    const cache = new ObjectCache();
    cache.put(pod('a', '20', 'second'));
    expect(cache.remove(pod('a', '15', 'first'))).to.equal(undefined);
    expect(cache.remove(pod('a', '25', 'second'))?.type).to.equal('delete');
    expect(cache.get('ns/a')).to.equal(undefined);
  });

  it('takes a list as the whole truth: the missing are gone, the unchanged are no news', () => {
    const cache = new ObjectCache();
    cache.put(pod('gone', '1'));
    cache.put(pod('same', '2'));
    cache.put(pod('old', '3'));
    const changes = cache.replace([pod('same', '2'), pod('old', '4'), pod('new', '5')]);
    expect(changes.map(({ type, object }) => `${type} ${object.metadata.name}`)).to.deep.equal([
      'delete gone',
      'update old',
      'add new',
    ]);
  });

  it('does not keep managedFields', () => {
    const cache = new ObjectCache();
    const metadata = { ...pod('a', '1').metadata, managedFields: [{ manager: 'kubectl' }] };
    cache.put({ metadata });
    expect(cache.get('ns/a')?.metadata).to.not.have.property('managedFields');
  });
});
