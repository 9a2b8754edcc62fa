import type { TemplateValues } from '../../request/template.ts';

/** Names of images where they differ from Node's. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };
const SYSTEMS: Readonly<Record<string, string>> = { win32: 'windows' };

/** The template variables of the machine that does the work. */
export function platformVariables(arch: string = process.arch, os: string = process.platform): TemplateValues {
  return { arch: ARCHITECTURES[arch] ?? arch, os: SYSTEMS[os] ?? os };
}
