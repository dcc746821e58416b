/** Text made safe to stand in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light; --line: #e5e8ef; --ink: #1d2433; --soft: #667085; --blue: #1366ec; --red: #b42318; --green: #067647; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6fa; color: var(--ink); font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; }
main { max-width: 30rem; margin: 2rem auto; padding: 0 1rem; }
main.wide { max-width: 72rem; }
header { padding: .75rem 1rem; background: #fff; border-bottom: 1px solid var(--line); color: var(--soft); font-size: .875rem; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; margin-bottom: 1rem; }
.amount { font-size: 2.25rem; font-weight: 650; margin: .25rem 0; font-variant-numeric: tabular-nums; }
.center { text-align: center; }
.soft { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }
.notice { border-radius: 8px; padding: .75rem 1rem; margin: 0 0 1rem; }
.notice.bad { background: #fef3f2; color: var(--red); }
.notice.good { background: #ecfdf3; color: var(--green); }
button { width: 100%; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: #fff; color: inherit; font: inherit; cursor: pointer; }
button.primary { background: var(--blue); border-color: var(--blue); color: #fff; font-weight: 600; }
button:focus-visible, a:focus-visible { outline: 3px solid #84adff; outline-offset: 2px; }
.grid { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; } .scroll { overflow-x: auto; }
th, td { text-align: left; padding: .5rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
a { color: var(--blue); }
svg { width: 12rem; height: 12rem; }
`;

/** A whole page. `title` is text; `body` is HTML that the caller has escaped. */
export function renderPage(title: string, body: string, wide = false): string {
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><header>沙箱 · Sandbox: no real money or goods move here</header>
<main${wide ? ' class="wide"' : ''}>${body}</main></body></html>`;
}
