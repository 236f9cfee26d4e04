/** The body of every refusal of an API server. */
export interface ApiStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: object;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly code: number;
}

/** A refusal, thrown by the store and sent by the server. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: ApiStatus;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  }
}

export const conflict = (name: string): ApiRefusal =>
  new ApiRefusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on "${name}": the object has been modified; please apply your changes to the latest version and try again`,
  );
export const notFound = (name: string): ApiRefusal => new ApiRefusal(404, 'NotFound', `"${name}" not found`);
export const alreadyExists = (name: string): ApiRefusal =>
  new ApiRefusal(409, 'AlreadyExists', `"${name}" already exists`);
export const expired = (): ApiRefusal => new ApiRefusal(410, 'Expired', 'too old resource version');
export const invalid = (message: string): ApiRefusal => new ApiRefusal(422, 'Invalid', message);
