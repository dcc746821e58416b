import { registerRoutes } from '../../api/app.ts';
import { createRouter, type Deps } from '../../api/context.ts';
import { describeApi } from '../../api/openapi.ts';

export const OPENAPI_FILE = 'docs/openapi.json';

/** The OpenAPI document from the route definitions alone: handlers are registered, never called. */
export function renderOpenApi(): string {
  const deps = {} as unknown as Deps;
  const v1 = createRouter();
  registerRoutes(v1, deps);
  const root = createRouter();
  root.route('/v1', v1);
  return `${JSON.stringify(describeApi(root), null, 2)}\n`;
}
