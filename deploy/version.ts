const VERSION = /v?(?<major>\d+)\.(?<minor>\d+)(?:\.(?<patch>\d+))?/;

/** The first version in a text, as `1.32.4`; a missing patch is 0. Undefined when there is none. */
export function findVersion(text: string): string | undefined {
  const groups = VERSION.exec(text)?.groups;
  if (groups === undefined) return undefined;
  return `${groups['major']}.${groups['minor']}.${groups['patch'] ?? 0}`;
}

/** Whether `version` is `oldest` or newer; both as of findVersion. */
export function isAtLeast(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, 'en', { numeric: true }) >= 0;
}
