import { describe, expect, test } from '@jest/globals';
import type { PinnedTool } from '../pins.ts';
import { buildFlags, chooseTools, parseModuleVersion, planTools, withoutGo } from './plan.ts';

const HELM: PinnedTool = {
  name: 'helm',
  module: 'helm.sh/helm/v3',
  command: '/cmd/helm',
  version: 'v3.22.0',
  elsewhere: 'HELM=helm',
};

describe('a tool in ./bin', () => {
  test('is kept at the pinned version', () => {
    expect(planTools([HELM], new Map([['helm', 'v3.22.0']]))).toEqual([{ kind: 'keep', tool: HELM }]);
  });

  test('is installed over another version', () => {
    expect(planTools([HELM], new Map([['helm', 'v3.19.0']]))).toEqual([
      { kind: 'install', tool: HELM, instead: 'v3.19.0' },
    ]);
  });

  test('is installed when it is missing', () => {
    expect(planTools([HELM], new Map())).toEqual([{ kind: 'install', tool: HELM, instead: undefined }]);
  });
});

describe('the version of a Go program', () => {
  const output = [
    'bin/helm: go1.26.8',
    '\tpath\thelm.sh/helm/v3/cmd/helm',
    '\tmod\thelm.sh/helm/v3\tv3.22.0\th1:abc=',
    '\tdep\tdario.cat/mergo\tv1.0.1\th1:def=',
  ].join('\n');

  test('is that of its main module', () => {
    expect(parseModuleVersion(output, 'helm.sh/helm/v3')).toBe('v3.22.0');
  });

  test('is unknown when it was built from another module', () => {
    expect(parseModuleVersion(output, 'dario.cat/mergo')).toBeUndefined();
  });
});

test('without a name all tools are meant, and a wrong name is not passed over', () => {
  expect(chooseTools([])?.map(({ name }) => name)).toEqual(['helm', 'kind', 'kube-score', 'kubeconform']);
  expect(chooseTools(['helm'])).toHaveLength(1);
  expect(chooseTools(['helm', 'helmet'])).toBeUndefined();
});

test.each(['promtool', 'prometheus'])('%s is built only by its name', (tool) => {
  expect(chooseTools([tool])?.map(({ name }) => name)).toEqual([tool]);
});

test("a tool is built with its linker's variables and its tags", () => {
  expect(buildFlags(HELM)).toEqual(['-ldflags=-s -w']);
  const special = { ...HELM, linkerVariables: { 'a.b': '1', 'a.c': '37' }, tags: 'small' };
  expect(buildFlags(special)).toEqual(['-ldflags=-s -w -X a.b=1 -X a.c=37', '-tags=small']);
});

test('a machine without Go is told how to come by each tool', () => {
  expect(withoutGo([HELM])).toBe('Install Go (https://go.dev/dl), or bring what is to be built: helm: HELM=helm.');
});
