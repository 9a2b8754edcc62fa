import { expect } from 'chai';

import { refusal } from '../../../../../controller/cache-run/pod/refusal.ts';
import { ApiError } from '../../../../../controller/kube/api/api-error.ts';

const refused = (detail: string): string =>
  refusal(new ApiError({ request: 'POST pods', status: 403, reason: 'Forbidden', detail }));

describe('the refusal of a helper pod', () => {
  for (const [what, detail, todo] of [
    ['a quota that wants limits', 'failed quota: compute: must specify limits.cpu for: cache', /Say `resources`/],
    [
      'a LimitRange with a maximum',
      'maximum memory usage per Container is 512Mi, but limit is 1Gi',
      /`computeResources` of this task/,
    ],
    [
      'a LimitRange with a ratio',
      'memory max limit to request ratio per Container is 2, but provided ratio is 8.000000',
      /Say `resources`/,
    ],
    [
      'OpenShift',
      'unable to validate against any security context constraint: [provider "restricted-v2"',
      /Say `run-as: platform`/,
    ],
  ] as const) {
    it(`has the words of ${what}, and says what to write`, () => {
      expect(refused(detail)).to.include(`The helper pod was refused: ${detail}. `).and.to.match(todo);
    });
  }

  it('has the words of others alone', () => {
    expect(refused('no PriorityClass with name high was found')).to.match(/was found$/);
  });
});
