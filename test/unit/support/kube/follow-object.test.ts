import { once } from 'node:events';
import { expect } from 'chai';

import type { KubeRequest } from '../../../support/kube/connection.ts';
import { KubeError } from '../../../support/kube/connection.ts';
import type { KubeObject } from '../../../support/kube/object.ts';
import { followObject } from '../../../support/kube/follow-object.ts';

type Phase = KubeObject & { readonly phase: string };

const phase = (name: string): Phase => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, phase: name });
const event = (type: string, object: object): string => JSON.stringify({ type, object });

/** Each list, and what the watch after it tells before it ends; the last watch stays open. Nothing where the kind is not served. */
type Look = readonly [items: readonly Phase[], lines?: readonly string[]] | undefined;

const server = (looks: readonly Look[]) => {
  const paths: string[] = [];
  let turn = -1;
  const followed = {
    path: '/api/v1/namespaces/n/pods',
    name: 'p',
    request: (request: KubeRequest) => {
      paths.push(request.path);
      turn += 1;
      if (looks[turn] === undefined) {
        return Promise.reject(new KubeError(request, { status: 404, body: 'page not found', warnings: [] }));
      }
      const body = JSON.stringify({ metadata: { resourceVersion: String(turn + 10) }, items: looks[turn]?.[0] });
      return Promise.resolve({ status: 200, body, warnings: [] });
    },
    connection: {
      stream: async (path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> => {
        paths.push(path);
        for (const line of looks[turn]?.[1] ?? []) onLine(line);
        if (turn + 1 === looks.length && !signal.aborted) await once(signal, 'abort');
      },
    },
  };
  return { paths, followed };
};

describe('an object that is followed', () => {
  const NEVER = new AbortController().signal;
  const seen = async (looks: readonly Look[], end: string, signal = NEVER) => {
    const { paths, followed } = server(looks);
    const phases: string[] = [];
    const isIt = (object: Phase | undefined): boolean => {
      phases.push(object?.phase ?? 'none');
      return phases.at(-1) === end;
    };
    return { sight: await followObject(followed, isIt, signal), phases, paths };
  };

  it('is watched from the list on, so that no state of it is missed', async () => {
    const lines = [event('ADDED', phase('new')), event('MODIFIED', phase('runs')), event('MODIFIED', phase('done'))];
    const { sight, phases, paths } = await seen([[[], lines]], 'done');
    expect(sight).to.deep.equal({ object: phase('done') });
    expect(phases).to.deep.equal(['none', 'new', 'runs', 'done']);
    const query = '/api/v1/namespaces/n/pods?fieldSelector=metadata.name%3Dp';
    expect(paths).to.deep.equal([query, `${query}&watch=1&resourceVersion=10`]);
  });

  it('is not watched where it is there already', async () => {
    expect((await seen([[[phase('done')]]], 'done')).paths).to.have.length(1);
  });

  it('is looked for anew when a watch ends, or knows its version no more', async () => {
    const gone = event('ERROR', { kind: 'Status', code: 410 });
    const { phases } = await seen([[[phase('new')], [gone]], [[phase('runs')]], [[phase('done')]]], 'done');
    expect(phases).to.deep.equal(['new', 'runs', 'done']);
  });

  it('is none, and may come, while its kind is not served', async () => {
    const { sight, phases } = await seen([undefined, [[phase('done')]]], 'done');
    expect(sight).to.deep.equal({ object: phase('done') });
    expect(phases).to.deep.equal(['none', 'done']);
  });

  it('is none once it is deleted', async () => {
    const { sight, phases } = await seen([[[phase('new')], [event('DELETED', phase('new'))]]], 'none');
    expect(sight).to.deep.equal({ object: undefined });
    expect(phases).to.deep.equal(['new', 'none']);
  });

  it('is not seen where the deadline comes before', async () => {
    const deadline = new AbortController();
    const following = seen([[[phase('new')]]], 'done', deadline.signal);
    setImmediate(() => deadline.abort());
    expect((await following).sight).to.equal(undefined);
  });

  it('is looked at again while nothing changes, as what is waited for may be a time', async () => {
    const { followed } = server([[[phase('new')], [event('MODIFIED', phase('runs'))]]]);
    let looks = 0;
    const sight = await followObject<Phase>(followed, (object) => object?.phase === 'runs' && ++looks === 3, NEVER);
    expect(sight).to.deep.equal({ object: phase('runs') });
  });

  it('fails as whoever looks at it does', async () => {
    const { followed } = server([[[], [event('ADDED', phase('new'))]]]);
    const isIt = (object: Phase | undefined): boolean => {
      if (object !== undefined) throw new Error('not this one');
      return false;
    };
    const failure = await followObject(followed, isIt, NEVER).catch((error: unknown) => String(error));
    expect(failure).to.equal('Error: not this one');
  });
});
