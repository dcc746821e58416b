import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import postgres from 'postgres';

/** The measure of P10: a route that reads the body and inserts one row, and nothing else. A process of its own. */
const sql = postgres(process.argv[2] ?? '', { max: 10, onnotice: () => {} });
await sql`CREATE TABLE IF NOT EXISTS bench_callbacks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL, at timestamptz NOT NULL)`;
const app = new Hono().post('/', async (c) => {
  await sql`INSERT INTO bench_callbacks (body, at) VALUES (${await c.req.text()}, ${new Date()})`;
  return c.text('success');
});
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
  process.send?.(port),
);
process.once('disconnect', () => {
  server.close();
  void sql.end({ timeout: 1 }).then(() => process.exit(0));
});
