import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Hono } from 'hono';
import { Journal } from '../shared/journal.ts';
import { escapeHtml, renderPage } from '../shared/page.ts';
import type { ProviderSettings, SandboxProvider } from '../shared/provider.ts';
import { type BookEntry, Books } from './books.ts';
import { createControl } from './control.ts';
import { S3Faults } from './faults.ts';
import { createGateway } from './gateway.ts';

export interface S3Settings {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  /** The one bucket. */
  bucket: string;
}

/** Opens the bucket as it was left. */
export async function openS3(settings: S3Settings & ProviderSettings): Promise<SandboxProvider> {
  const { accessKeyId, secretAccessKey, region, bucket, dataDir } = settings;
  const folder = join(dataDir, 's3');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const account = { accessKeyId, secretAccessKey };
  const faults = new S3Faults();
  const closing = new AbortController();
  const books = new Books(folder, (entry) => journal.append(entry));
  const journal = await Journal.open<BookEntry>(join(dataDir, 's3.jsonl'), (entry) => books.apply(entry));
  const context = { books, faults, account, region, bucket, closing: closing.signal };
  return {
    title: '对象存储 Object storage · S3',
    pages: new Hono().get('/', (c) => c.html(page(bucket, books))).route('/', createGateway(context)),
    control: createControl(context),
    close: async () => {
      closing.abort();
      await journal.close();
    },
  };
}

const SHOWN = 50;

/** What a person sees: the latest objects. */
function page(bucket: string, books: Books): string {
  const rows = books
    .objects()
    .slice(-SHOWN)
    .reverse()
    .map(
      ({
        key,
        mediaType,
        bytes,
        createdMs,
      }) => `<tr><td>${escapeHtml(key)}</td><td>${escapeHtml(mediaType)}</td>
<td>${bytes}</td><td>${new Date(createdMs).toISOString()}</td></tr>`,
    );
  const empty = '<tr><td colspan="4" class="soft">还没有文件 · No objects yet</td></tr>';
  const body = `<section class="card"><h1>${escapeHtml(bucket)}</h1><div class="scroll"><table>
<thead><tr><th>键 Key</th><th>类型 Type</th><th>字节 Bytes</th><th>创建 Created</th></tr></thead>
<tbody>${rows.join('') || empty}</tbody></table></div></section>`;
  return renderPage('对象存储 Object storage', body, true);
}
