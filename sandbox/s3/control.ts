import { Hono } from 'hono';
import { z } from 'zod';
import { answerErrors, bodyOf, faultRoutes, iso } from '../shared/control.ts';
import type { Books } from './books.ts';
import { faultSchema, type S3Faults } from './faults.ts';
import type { Account } from './signature.ts';

const newKeys = z.strictObject({
  accessKeyId: z.string().min(1).optional(),
  secretAccessKey: z.string().min(1),
});

/** What the store offers to tests, demonstrations and auditors. */
export function createControl({
  books,
  faults,
  account,
}: {
  books: Books;
  faults: S3Faults;
  account: Account;
}): Hono {
  const control = new Hono();
  control.get('/objects', (c) => {
    const objects = books.objects().map(({ key, bytes, mediaType, etag, pieces, createdMs }) => ({
      ...{ key, bytes, mediaType, etag, parts: pieces.length },
      createdAt: iso(createdMs),
    }));
    return c.json({ objects });
  });
  control.get('/uploads', (c) => {
    const uploads = books.uploads().map(({ uploadId, key, mediaType, parts, createdMs }) => ({
      ...{ uploadId, key, mediaType, parts: [...parts.keys()] },
      createdAt: iso(createdMs),
    }));
    return c.json({ uploads });
  });
  faultRoutes(control, { faults, schema: faultSchema, release: async () => undefined });
  control.post('/keys', async (c) => {
    Object.assign(account, newKeys.parse(await bodyOf(c)));
    return c.json({ accessKeyId: account.accessKeyId });
  });
  answerErrors(control);
  return control;
}
