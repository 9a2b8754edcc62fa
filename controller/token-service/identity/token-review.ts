/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/ */
import type { KubeClient } from '../../kube/api/client.ts';
import type { KubeObject } from '../../kube/objects/object.ts';
import type { Resource } from '../../kube/objects/resource.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { AUDIENCE } from './claims.ts';

interface TokenReview extends KubeObject {
  readonly spec: { readonly token: string; readonly audiences: readonly string[] };
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: {
      readonly username?: string;
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

/** What the API server says of a token. */
export interface ReviewedPod {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly name: string;
  readonly uid: string;
}

const TOKEN_REVIEWS: Resource<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
};
/** What a token is bound to: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens */
const POD_NAME = 'authentication.kubernetes.io/pod-name';
const POD_UID = 'authentication.kubernetes.io/pod-uid';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The pod that the token is bound to. The API server refuses the token when that pod is gone. */
export async function reviewToken(
  client: KubeClient,
  token: string,
  signal: AbortSignal,
): Promise<ReviewedPod | Refusal> {
  const question = { metadata: { name: '' }, spec: { token, audiences: [AUDIENCE] } };
  const { status } = await client.create(TOKEN_REVIEWS, question, signal);
  // Where an authenticator knows no audiences, the token is good for everything, and not for us.
  if (status?.authenticated !== true || status.audiences?.includes(AUDIENCE) !== true) {
    return refusal(
      'bad-login',
      'the API server does not take the token: it is not for us, has expired, or its pod is gone',
    );
  }
  const [, namespace, serviceAccount] = SERVICE_ACCOUNT.exec(status.user?.username ?? '') ?? [];
  if (namespace === undefined || serviceAccount === undefined) {
    return refusal('bad-login', 'the token is of no service account');
  }
  const [name, uid] = [POD_NAME, POD_UID].map((key) => status.user?.extra?.[key]?.[0]);
  if (!name || !uid) return refusal('no-pod', 'the token is bound to no pod: it has to come from a projected volume');
  return { namespace, serviceAccount, name, uid };
}

const refusal = (reason: 'bad-login' | 'no-pod', message: string): Refusal => ({ status: 401, reason, message });
