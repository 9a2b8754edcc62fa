import type { KubeApi } from '../../kube/kube-api.ts';

interface TokenWish {
  readonly namespace: string;
  /** Of the service account. */
  readonly name: string;
  /** The API server's own when left out. */
  readonly audiences?: readonly string[];
  /** How long it is good; the least by default. */
  readonly seconds?: number;
  /** Which the token is bound to, as those are that the kubelet projects. */
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** A token of a service account, as the kubelet asks for one: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
export async function requestToken(
  api: KubeApi,
  { namespace, name, audiences, seconds, pod }: TokenWish,
): Promise<string> {
  const bound = pod === undefined ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', ...pod } };
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { ...(audiences ? { audiences } : {}), expirationSeconds: seconds ?? 600, ...bound },
  };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const answer = await api.request({ method: 'POST', path, body });
  const { status } = JSON.parse(answer.body) as { readonly status: { readonly token: string } };
  return status.token;
}
