import { expect } from 'chai';

import { ObjectCache } from '../../../../../controller/kube/informer/object-cache.ts';

const pod = (name: string, resourceVersion: string, uid = `uid-${name}`) => ({
  metadata: { namespace: 'ns', name, uid, resourceVersion },
});

describe('ObjectCache', () => {
  it('takes what the watch says last, also an older version, as after a restored etcd', () => {
    const cache = new ObjectCache();
    expect(cache.put(pod('a', '10'))?.type).to.equal('add');
    expect(cache.put(pod('a', '10'))).to.equal(undefined);
    expect(cache.put(pod('a', '9'))?.type).to.equal('update');
    expect(cache.get('ns/a')?.metadata.resourceVersion).to.equal('9');
    expect(cache.put(pod('a', '9', 'another'))?.type).to.equal('update');
  });

  it('tells of the end of what it has, and of nothing else', () => {
    const cache = new ObjectCache();
    cache.put(pod('a', '20'));
    expect(cache.remove(pod('b', '25'))).to.equal(undefined);
    expect(cache.remove(pod('a', '25'))?.type).to.equal('delete');
    expect(cache.get('ns/a')).to.equal(undefined);
  });

  it('takes a list as the whole truth: the missing are gone, the unchanged are no news', () => {
    const cache = new ObjectCache();
    cache.put(pod('gone', '1'));
    cache.put(pod('same', '2'));
    cache.put(pod('newer', '90'));
    const listing = cache.listing();
    const pages = [pod('same', '2'), pod('newer', '4'), pod('new', '5')].map((object) => listing.take(object));
    const changes = [...pages, ...listing.finish()].filter((change) => change !== undefined);
    expect(changes.map(({ type, object }) => `${type} ${object.metadata.name}`)).to.deep.equal([
      'update newer',
      'add new',
      'delete gone',
    ]);
    expect(cache.size).to.equal(3);
  });
});
