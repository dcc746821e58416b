import type { App, Deps } from './context.ts';

const TIMEOUT_MS = 2_000;

/** Liveness: the process answers. Readiness: database and Temporal do too, so that orders can be taken; else what is missing. */
export function registerHealth(app: App, deps: Deps): void {
  app.get('/health/live', (c) => c.json({ status: 'live' }, 200));
  app.get('/health/ready', async (c) => {
    const [database, temporal] = await Promise.all([
      answers(deps.db.execute('SELECT 1').then(() => [])),
      answers(deps.temporalLacks()),
    ]);
    const missing = [...(database ?? ['database']), ...(temporal ?? ['temporal'])];
    return missing.length === 0
      ? c.json({ status: 'ready' }, 200)
      : c.json({ status: 'not_ready', missing }, 503);
  });
}

/** What a check found, or undefined when it failed or took too long. */
async function answers(check: Promise<string[]>): Promise<string[] | undefined> {
  const timeout = new Promise<undefined>((resolve) =>
    setTimeout(() => resolve(undefined), TIMEOUT_MS).unref(),
  );
  return await Promise.race([check.catch(() => undefined), timeout]);
}
