import type { App } from './context.ts';

export const OPENAPI_INFO = {
  openapi: '3.1.0',
  info: {
    title: 'Dingdan',
    version: '0.1.0',
    description:
      'Order management for e-commerce. Money is integer fen in fields that end in `Fen`; times are ISO 8601 in UTC; problems are RFC 9457 with a stable `code`; writes carry an `Idempotency-Key`.',
  },
} as const;

/** The OpenAPI document and a page to read it. */
export function registerReference(app: App): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  app.doc31('/openapi.json', OPENAPI_INFO);
  app.get('/reference', (c) =>
    c.html(renderReference(app.getOpenAPI31Document(OPENAPI_INFO) as unknown as Document)),
  );
}

interface Document {
  info: { title: string; description: string };
  paths: Record<
    string,
    Record<string, { tags?: string[]; summary?: string; requestBody?: unknown; parameters?: unknown }>
  >;
}

function renderReference(document: Document): string {
  const rows = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { tags, summary }]) => ({
      path,
      method,
      tag: tags?.[0] ?? '',
      summary: summary ?? '',
    })),
  );
  const groups = [...new Set(rows.map((row) => row.tag))];
  const sections = groups.map((group) => {
    const lines = rows
      .filter((row) => row.tag === group)
      .map(
        (row) =>
          `<tr><td><b>${row.method.toUpperCase()}</b></td><td><code>${escape(row.path)}</code></td><td>${escape(row.summary)}</td></tr>`,
      );
    return `<h2>${escape(group)}</h2><table>${lines.join('')}</table>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(document.info.title)} API</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}table{border-collapse:collapse;width:100%}td{border-top:1px solid #d8dee4;padding:.4rem .6rem;vertical-align:top}td:nth-child(-n+2){white-space:nowrap}code{background:#f3f5f7;padding:.1rem .3rem;border-radius:3px}</style>
<h1>${escape(document.info.title)} API</h1><p>${escape(document.info.description)}</p><p>The machine-readable document: <a href="/openapi.json">/openapi.json</a>.</p>${sections.join('')}</html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
