/** One image: the name after `orderflow/`, and the workspace that it runs. */
export interface ImageSource {
  readonly name: string;
  readonly workspace: string;
  /** What makes it refuse its configuration at once, where starting it without any does not. */
  readonly wrongArguments?: readonly string[];
}

export const IMAGES: readonly ImageSource[] = [
  { name: 'api-gateway', workspace: 'services/api-gateway' },
  { name: 'order-service', workspace: 'services/order-service' },
  { name: 'event-processor', workspace: 'services/event-processor' },
  {
    name: 'load-generator',
    workspace: 'services/load-generator',
    wrongArguments: ['node', 'src/main.ts', '--rate', 'none'],
  },
  { name: 'auditor', workspace: 'services/auditor' },
  { name: 'console', workspace: 'services/console' },
  { name: 'operator', workspace: 'operator' },
];

/** The name that Docker knows an image by. */
export function imageReference({ name }: Pick<ImageSource, 'name'>, tag: string): string {
  return `orderflow/${name}:${tag}`;
}
