/**
 * Runs in a pod: asks for a token for everything, and tries it out. Prints a line of JSON: what was tried -> the registry's status.
 * Environment: REALM, REGISTRY (`host:port`), ATTEMPTS (a list of `{what, method, path, body}`), SCOPES (a list). Without REALM it takes the login
 * of a docker secret.
 */
const { readFile } = await import('node:fs/promises');
const { createHash } = await import('node:crypto');
const { REALM, REGISTRY, ATTEMPTS, SCOPES } = process.env;

const ask = async (file) => {
  const password = (await readFile(file, 'utf8')).trim();
  const query = new URLSearchParams({ service: 'tekton-cache-registry' });
  for (const scope of JSON.parse(SCOPES)) query.append('scope', scope);
  const authorization = `Basic ${Buffer.from(`tekton-cache:${password}`).toString('base64')}`;
  // A run may not name its pod yet in its first moment.
  for (;;) {
    const answer = await fetch(`${REALM}?${query}`, { headers: { authorization } });
    if (answer.status !== 503) return answer;
    await new Promise((done) => setTimeout(done, 500));
  }
};

const send = async (authorization, method, path, body) => {
  const headers = { authorization, ...(body ? { 'content-type': body.type } : {}) };
  return await fetch(`http://${REGISTRY}/v2/${path}`, { method, headers, ...(body ? { body: body.text } : {}) });
};

/** Begins an upload, and ends it where that was allowed. */
const push = async (authorization, repository, text) => {
  const begun = await send(authorization, 'POST', `${repository}/blobs/uploads/`);
  if (begun.status !== 202) return begun.status;
  const location = new URL(begun.headers.get('location'), `http://${REGISTRY}`);
  location.searchParams.set('digest', `sha256:${createHash('sha256').update(text).digest('hex')}`);
  const path = location.pathname.replace('/v2/', '') + location.search;
  return (await send(authorization, 'PUT', path, { type: 'application/octet-stream', text })).status;
};

const statuses = {};
/** What a pod can read that the registry takes. */
const login = async () => {
  if (!REALM) {
    const { auths } = JSON.parse(await readFile('/docker-secret/.dockerconfigjson', 'utf8'));
    return `Basic ${auths[REGISTRY].auth}`;
  }
  statuses['a token of the API server as password'] = (
    await ask('/var/run/secrets/kubernetes.io/serviceaccount/token')
  ).status;
  const answer = await ask('/cache-token/token');
  statuses['the token of the pod as password'] = answer.status;
  const { token } = await answer.json();
  return `Bearer ${token}`;
};
const authorization = await login();
for (const { what, method, path, body } of JSON.parse(ATTEMPTS)) {
  statuses[what] =
    method === 'PUSH' ? await push(authorization, path, body) : (await send(authorization, method, path, body)).status;
}
console.log(JSON.stringify(statuses));
