import { expect, test } from '@jest/globals';
import { parseDownloadedBytes, parseKafkaVersion } from './kafka-jars.ts';

test.each([
  ['[INFO] Downloaded from central: https://host/scala-library-2.13.18.jar (5.9 MB at 8.8 MB/s)', 5_900_000],
  ['[INFO] Downloaded from mirror: https://host/re2j-1.8.jar (114 kB at 111 kB/s)', 114_000],
  ['[INFO] Downloaded from mirror: https://host/tiny-1.jar (512 B at 9.0 kB/s)', 512],
  ['[INFO] Downloaded from central: https://host/scala-library-2.13.18.pom (1.9 kB at 8.8 kB/s)', 1_900],
  ['[INFO] Downloading from central: https://host/re2j-1.8.jar', undefined],
])('the size of a file that came in is read from %j', (line, bytes) => {
  expect(parseDownloadedBytes(line)).toBe(bytes);
});

test('the version of the broker is the one that the POM pins', () => {
  expect(parseKafkaVersion('<properties><kafka.version>4.3.1</kafka.version></properties>')).toBe('4.3.1');
  expect(() => parseKafkaVersion('<properties/>')).toThrow('has no <kafka.version>');
});
