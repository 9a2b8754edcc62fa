/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
/** Powers of ten, which are read as part of the number: a product may be next to it, and `570m` more than `0.57`. */
const DECIMAL: Readonly<Record<string, string>> = {
  n: 'e-9',
  u: 'e-6',
  m: 'e-3',
  k: 'e3',
  M: 'e6',
  G: 'e9',
  T: 'e12',
  P: 'e15',
  E: 'e18',
};
const BINARY: Readonly<Record<string, number>> = {
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
  if (digits === undefined) return Number.NaN;
  const binary = BINARY[unit];
  return binary === undefined ? Number(digits + (DECIMAL[unit] ?? unit)) : Number(digits) * binary;
}
