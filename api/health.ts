import { sql } from 'drizzle-orm';
import type { App, Deps } from './context.ts';

/** Liveness: the process answers. Readiness: the database does too, so that orders can be taken. */
export function registerHealth(app: App, deps: Deps): void {
  app.get('/health/live', (c) => c.json({ status: 'live' }, 200));
  app.get('/health/ready', async (c) => {
    try {
      await deps.db.execute(sql`SELECT 1`);
      return c.json({ status: 'ready' }, 200);
    } catch {
      return c.json({ status: 'not_ready', missing: ['database'] }, 503);
    }
  });
}
