import { expect } from 'chai';
import { RewritingThread } from '../../../../controller/resolver/rewriting-thread.ts';
import { knownNames } from '../../../../shared/rewrite/ask/resolver-params.ts';
import type { Json } from '../../../../shared/rewrite/json/json.ts';
import { resolve } from '../../../../shared/rewrite/resolve.ts';
import { HOSTILE_PIECES, hostileText } from '../../../support/hostile-text.ts';
import { leastPassesOf } from '../../../support/process/main-thread.ts';

const MOST_PASSES = 5;
/** More than is done at once, and within the bounds of a document. */
const LARGE = 100_000;

const RUN = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'run', namespace: 'ns' },
  spec: { workspaces: [{ name: 'w', emptyDir: {} }] },
} as const;
const SETTINGS = { image: 'helper', imagePullPolicy: 'IfNotPresent', resources: {} };

function pipelineOf(tasks: number): Json {
  return {
    workspaces: [{ name: 'w' }],
    tasks: Array.from({ length: tasks }, (_, at) => ({
      name: `t${at}`,
      workspaces: [{ name: 'w' }],
      taskSpec: { workspaces: [{ name: 'w' }], steps: [{ name: 'build', image: 'go', script: 'go build' }] },
    })),
  };
}

describe('the thread that rewrites', () => {
  let thread: RewritingThread;
  beforeEach(() => (thread = new RewritingThread()));
  afterEach(async () => await thread.close());

  it('gives what rewriting at once gives', async () => {
    const params = { workspaces: 'w', target: 'r.example/x:{{task}}', pipelinespec: JSON.stringify(pipelineOf(40)) };
    const rewriting = { resolver: 'cache', params, run: RUN, document: undefined, settings: SETTINGS } as const;
    expect(await thread.resolve(rewriting)).to.deep.equal(JSON.parse(JSON.stringify(resolve(rewriting))));
  });

  it('does one job after the other', async () => {
    const lines = Array.from({ length: 1000 }, (_, at) => `key${at}: value`);
    for (let job = 0; job < 3; job++) {
      expect(await thread.readYaml(lines.join('\n'))).to.have.property('key999', 'value');
    }
  });

  it('passes on what is refused, with its code', async () => {
    const params = { workspaces: 'w', target: 'r.example/x', pipelinespec: hostileText('[', LARGE) };
    const rewriting = { resolver: 'cache', params, run: RUN, document: undefined, settings: SETTINGS } as const;
    const error = await thread.resolve(rewriting).catch((reason: unknown) => reason);
    expect(error)
      .to.include({ code: 'InvalidParams' })
      .and.have.property('message')
      .that.includes('nested more than 100 deep');
  });

  it('ends a job that takes too long, and does the next one', async () => {
    const hurried = new RewritingThread({ limitMs: 1 });
    try {
      const error = await hurried.readYaml(hostileText('a: b\n', LARGE)).catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'TooLarge' });
      expect(await hurried.readYaml('a: 1')).to.deep.equal({ a: 1 });
    } finally {
      await hurried.close();
    }
  });

  it('does not end a job for the time in which others have the processors', async () => {
    // As if the thread had been given nothing yet.
    const starved = new RewritingThread({ limitMs: 1, usedMs: async () => 0 });
    try {
      const lines = Array.from({ length: 1000 }, (_, at) => `key${at}: value`);
      expect(await starved.readYaml(lines.join('\n'))).to.have.property('key999', 'value');
    } finally {
      await starved.close();
    }
  });

  it('blames the machine, and not the document, for a job that gets no processor for too long', async () => {
    const starved = new RewritingThread({ limitMs: 1, patienceMs: 2, usedMs: async () => 0 });
    try {
      const error = await starved.readYaml(hostileText('a: b\n', LARGE)).catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'Deadline' }).and.have.property('message').that.includes('Start the run again');
    } finally {
      await starved.close();
    }
  });

  it('leaves the controller a few linear passes over the text, whatever is in it', async () => {
    const hurried = new RewritingThread({ limitMs: 200 });
    try {
      for (const piece of ['[', 'a: b\n', '- *x\n', '{{ ']) {
        const text = hostileText(piece, LARGE);
        for (const name of knownNames('cache')) {
          const params = { workspaces: 'w', target: 'r.example/x', pipelinespec: '{tasks: []}', [name]: text };
          const rewriting = { resolver: 'cache', params, run: RUN, document: undefined, settings: SETTINGS } as const;
          const work = async () => await hurried.resolve(rewriting).catch(() => undefined);
          expect(await leastPassesOf(work, 4 * MOST_PASSES), `${name}: ${piece}`).to.be.lessThan(4 * MOST_PASSES);
        }
      }
    } finally {
      await hurried.close();
    }
  }).timeout(300_000);

  it('does at once only what is short, whatever is in it', async () => {
    for (const piece of HOSTILE_PIECES) {
      const text = hostileText(piece, 4000);
      const work = async () => await thread.readYaml(text).catch(() => undefined);
      expect(await leastPassesOf(work, 2 * MOST_PASSES), piece).to.be.lessThan(2 * MOST_PASSES);
    }
  });
});
