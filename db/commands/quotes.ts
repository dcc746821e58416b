import type { Database } from '../client.ts';
import { quotes } from '../schema/index.ts';

export async function saveQuote(db: Database, quote: typeof quotes.$inferInsert): Promise<void> {
  await db.insert(quotes).values(quote);
}
