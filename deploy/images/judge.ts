/** The limit above the base image, in bytes (90 MB as Docker counts them). */
export const LIMIT_ABOVE_BASE_BYTES = 90_000_000;

/** What was seen of one image. */
export interface SeenImage {
  readonly reference: string;
  readonly sizeBytes: number;
  readonly baseBytes: number;
  /** What `node` printed of itself in a container with a read-only root: its process id and user id. */
  readonly pid: number;
  readonly uid: number;
  /** The exit code of its own command, started with a configuration that is missing or wrong; 2 is the right answer. */
  readonly exitCode: number;
}

/** Everything that is wrong with an image, as sentences; none when it may be shipped. */
export function faultsOf(image: SeenImage): string[] {
  const aboveBytes = image.sizeBytes - image.baseBytes;
  const faults: string[] = [];
  if (aboveBytes > LIMIT_ABOVE_BASE_BYTES) {
    faults.push(`is ${megabytes(aboveBytes)} above its base, more than ${megabytes(LIMIT_ABOVE_BASE_BYTES)}`);
  }
  if (image.uid === 0) faults.push('runs as root');
  if (image.pid !== 1) faults.push(`node is process ${image.pid}, not 1: it would miss the signals`);
  if (image.exitCode !== 2) faults.push(`answers a wrong configuration with exit code ${image.exitCode}, not with 2`);
  return faults.map((fault) => `${image.reference} ${fault}`);
}

/** One line an image, under a heading. */
export function renderTable(images: readonly SeenImage[]): string {
  const rows = images.map(({ reference, sizeBytes, baseBytes, uid }) => [
    reference,
    megabytes(sizeBytes),
    megabytes(sizeBytes - baseBytes),
    String(uid),
  ]);
  const width = Math.max(...images.map(({ reference }) => reference.length), 'image'.length);
  return [['image', 'size', 'above base', 'uid'], ...rows]
    .map(([image = '', size = '', above = '', uid = '']) =>
      [image.padEnd(width), size.padStart(8), above.padStart(11), uid.padStart(6)].join(' '),
    )
    .join('\n');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
