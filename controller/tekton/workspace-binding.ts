/** The volume behind a workspace of a run. Exactly one source is set; the webhook sees to that. */
export interface WorkspaceBinding {
  readonly name: string;
  readonly subPath?: string;
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly volumeClaimTemplate?: object;
  readonly emptyDir?: object;
  readonly configMap?: { readonly name?: string };
  readonly secret?: { readonly secretName?: string };
  readonly projected?: object;
  readonly csi?: object;
}

const VOLUME_SOURCES = [
  'persistentVolumeClaim',
  'volumeClaimTemplate',
  'emptyDir',
  'configMap',
  'secret',
  'projected',
  'csi',
] as const satisfies readonly (keyof WorkspaceBinding)[];

export type VolumeSource = (typeof VOLUME_SOURCES)[number];

/** Which kind of volume is bound. An emptyDir is `{}`, so it is the key that counts. */
export function volumeSourceOf(workspace: WorkspaceBinding): VolumeSource | undefined {
  return VOLUME_SOURCES.find((source) => workspace[source] !== undefined && workspace[source] !== null);
}
