/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity of Kubernetes (`500m`, `1Gi`, `2`), as a number; not a number where it is none. */
export function quantityOf(value: unknown): number {
  const text = typeof value === 'string' || typeof value === 'number' ? `${value}` : '';
  const [, digits, unit = ''] = /^\+?(\d+(?:\.\d*)?|\.\d+)([A-Za-z]{0,2}|[eE][+-]?\d{1,2})$/.exec(text) ?? [];
  return /\d$/.test(unit) ? Number(digits + unit) : Number(digits) * (UNITS[unit] ?? Number.NaN);
}
