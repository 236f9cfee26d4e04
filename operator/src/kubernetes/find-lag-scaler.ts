import { ApiConnection } from './api-connection.ts';
import { LAG_SCALERS, type LagScalerObject } from './lag-scalers.ts';
import { ResourceClient } from './resource-client.ts';

const REQUEST_TIMEOUT_MS = 10_000;

export interface FoundLagScaler {
  readonly namespace: string;
  readonly spec: unknown;
  readonly status: unknown;
}

/**
 * Asks the API server of the current kubeconfig for one LagScaler, in the context's namespace unless another is named.
 *
 * @throws ApiError when there is none, or no answer.
 */
export async function findLagScaler(name: string, namespace: string | undefined): Promise<FoundLagScaler> {
  const connection = new ApiConnection({ requestTimeoutMs: REQUEST_TIMEOUT_MS });
  try {
    const asked = namespace ?? connection.namespace;
    const { spec, status } = await new ResourceClient<LagScalerObject>(connection, LAG_SCALERS, asked).get(name);
    return { namespace: asked, spec, status };
  } finally {
    await connection.close();
  }
}
