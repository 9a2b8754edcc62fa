import { expect } from 'chai';
import type { JsonObject } from '../../../../../shared/rewrite/json/json.ts';
import { securityContext } from '../../../../../shared/rewrite/plan/identity/identity.ts';
import type { TaskSpec } from '../../../../../shared/rewrite/tekton/tekton.ts';

const CACHES = '/tekton/home/.caches';
const ROOT = { runAsUser: 0, capabilities: { drop: ['ALL'], add: ['CHOWN'] } };
const DROPPED = { drop: ['ALL'] };

describe('who our steps run as where no step names the place of the caches', () => {
  const who = (
    contexts: readonly (JsonObject | undefined)[],
    more: TaskSpec = {},
    restricted = false,
    ofTools = true,
  ): unknown => {
    const steps = contexts.map((given) => ({ image: 'x', ...(given === undefined ? {} : { securityContext: given }) }));
    return securityContext({
      spec: { ...more, steps },
      workspaces: [CACHES],
      ofTools,
      user: undefined,
      fallback: restricted ? { runAsUser: 65532 } : ROOT,
      required: restricted ? { runAsNonRoot: true } : undefined,
    });
  };

  it('is the last step, where all steps say the same', () => {
    expect(who([{ runAsUser: 1000 }, { runAsUser: 1000, runAsGroup: 7 }])).to.deep.equal({
      runAsUser: 1000,
      runAsGroup: 7,
    });
    expect(
      who([undefined, { runAsUser: 1000 }], { stepTemplate: { securityContext: { runAsUser: 1000 } } }),
    ).to.include({
      runAsUser: 1000,
    });
    expect(who([undefined, undefined])).to.deep.equal(ROOT);
  });

  it('is a step that is root, where another one is somebody else', () => {
    expect(who([{ runAsUser: 0 }, { runAsUser: 1000 }])).to.deep.equal({ runAsUser: 0 });
    expect(who([{ runAsUser: 1000 }, { runAsUser: 0 }, undefined])).to.deep.equal({ runAsUser: 0 });
  });

  it('is root where only the image of a step says who that is, and another step is somebody else', () => {
    for (const contexts of [
      [undefined, { runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true }],
      [{ runAsUser: 1000 }, { runAsNonRoot: true }],
    ]) {
      expect(who(contexts)).to.deep.equal(ROOT);
    }
    // What the last step drops stays dropped.
    expect(who([undefined, { runAsUser: 1000, capabilities: DROPPED }])).to.deep.equal({
      runAsUser: 0,
      capabilities: DROPPED,
    });
  });

  it('is the step that says it, where nobody may be root', () => {
    const restricted = { runAsNonRoot: true, runAsUser: 1000 };
    expect(who([{ runAsUser: 1000 }, undefined], {}, true)).to.deep.equal(restricted);
    const stepTemplate = { securityContext: { runAsNonRoot: true } };
    expect(who([{ runAsUser: 1000 }, undefined], { stepTemplate })).to.deep.equal({ runAsUser: 1000 });
  });

  it('is the last step for a workspace, where what root restores would stay with root', () => {
    for (const first of [{ runAsUser: 0 }, { runAsUser: 2000 }, undefined])
      expect(who([first, { runAsUser: 1000 }], {}, false, false)).to.deep.equal({ runAsUser: 1000 });
    const stepTemplate = { securityContext: { runAsUser: 1000 } };
    expect(who([undefined, { runAsUser: 2000 }], { stepTemplate }, false, false)).to.deep.equal({ runAsUser: 2000 });
  });
});
