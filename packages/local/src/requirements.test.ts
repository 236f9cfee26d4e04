import { describe, expect, test } from '@jest/globals';
import type { LocalEnvironment } from './environment.ts';
import { chooseJava, judgeFreeSpace, parseJavaMajor, requireMaven, requirePrometheus } from './requirements.ts';

const EMPTY: LocalEnvironment = { path: [], javaHome: undefined, postgresBin: undefined, childEnv: {} };

describe('the version of a Java', () => {
  test.each([
    ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
    ['openjdk version "21" 2023-09-19', 21],
    ['java version "1.8.0_412"', 8],
    ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "25-ea" 2025-09-16', 25],
    ['The operation couldn’t be completed. Unable to locate a Java Runtime.', undefined],
    ['', undefined],
  ])('is read from %j', (output, major) => {
    expect(parseJavaMajor(output)).toBe(major);
  });
});

describe('the choice of a Java', () => {
  test('is the first that is new enough', () => {
    const candidates = [
      { bin: '/old/java', major: 11 },
      { bin: '/new/java', major: 17 },
    ];
    expect(chooseJava(candidates)).toEqual({ bin: '/new/java', major: 17 });
  });

  test('none at all is said so, with how to get one', () => {
    expect(() => chooseJava([])).toThrow(
      expect.objectContaining({ code: 'JAVA_MISSING', fix: expect.stringContaining('apt install') }),
    );
  });

  test('one that is too old is named', () => {
    expect(() => chooseJava([{ bin: '/opt/jdk8/bin/java', major: 8 }])).toThrow(
      'Kafka needs Java 17 or newer, and /opt/jdk8/bin/java is Java 8.',
    );
  });
});

test('a missing Maven is said so', () => {
  expect(() => requireMaven(EMPTY)).toThrow(expect.objectContaining({ code: 'MAVEN_MISSING' }));
});

test('a Prometheus that nobody has is said so, with both ways to get one', () => {
  expect(() => requirePrometheus(EMPTY, '/nowhere')).toThrow(
    expect.objectContaining({ code: 'PROMETHEUS_MISSING', fix: expect.stringMatching(/make prometheus.*apt install/) }),
  );
});

describe('free disk space', () => {
  test('of 2 GiB is enough', () => {
    expect(() => {
      judgeFreeSpace(2 * 1024 ** 3, '/data');
    }).not.toThrow();
  });

  test('below it is said with the number and the folder', () => {
    expect(() => {
      judgeFreeSpace(2 * 1024 ** 3 - 1, '/data');
    }).toThrow('2047 MB are free on the disk of /data, and 2048 MB are needed.');
  });
});
