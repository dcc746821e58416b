import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getAbsoluteFSPath } from 'swagger-ui-dist';
import type { App } from './context.ts';
import { describeApi } from './openapi.ts';

/** What the reference page loads, from the library's own files: nothing comes from elsewhere. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
};

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Dingdan API</title><link rel="stylesheet" href="/reference/swagger-ui.css"></head>
<body><div id="reference"></div><script src="/reference/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true })</script></body></html>`;

/** The OpenAPI document, and a page to read and try it. */
export function registerReference(app: App): void {
  let document: ReturnType<typeof describeApi> | undefined;
  app.get('/openapi.json', (c) => c.json((document ??= describeApi(app))));
  app.get('/reference', (c) => c.html(PAGE));
  app.get('/reference/:asset', async (c) => {
    const asset = c.req.param('asset');
    const type = ASSETS[asset];
    if (!type) return c.notFound();
    const body = await readFile(join(getAbsoluteFSPath(), asset));
    return c.body(new Uint8Array(body), 200, {
      'content-type': type,
      'cache-control': 'public, max-age=86400',
    });
  });
}
