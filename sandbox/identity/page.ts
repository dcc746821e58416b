import { html } from 'hono/html';
import type { SocialLogin } from './login.ts';

/** What the login page shows: first the phone, then the code that was sent to it. */
export interface LoginPage {
  readonly uid: string;
  readonly problem?: string | undefined;
  /** Set once a code was sent. */
  readonly phone?: string | undefined;
  /** The social account that the phone is being linked to. */
  readonly linking?: Pick<SocialLogin, 'provider' | 'externalId'> | undefined;
}

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, 'PingFang SC', 'Microsoft YaHei', sans-serif; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f4f5f7, #16181d); }
  main { width: min(22rem, 100vw - 4rem); padding: 2rem; border-radius: 1rem; background: light-dark(#fff, #22252c); }
  h1 { margin: 0 0 1rem; font-size: 1.4rem; }
  small, .hint { color: light-dark(#5b6270, #a3a9b6); font-size: .875rem; }
  label { display: block; margin-top: 1rem; }
  input { box-sizing: border-box; width: 100%; padding: .6rem .75rem; font: inherit; border: 1px solid #8a92a0; border-radius: .5rem; }
  button { width: 100%; margin-top: 1rem; padding: .65rem; font: inherit; font-weight: 600; border: 0; border-radius: .5rem; color: #fff; background: #1456c8; cursor: pointer; }
  button.wechat { background: #0a7a3d; } button.qq { background: #14608f; }
  .problem { padding: .5rem .75rem; border-radius: .5rem; color: #8c1616; background: #fde8e8; }
  hr { margin: 1.5rem 0 .5rem; border: 0; border-top: 1px solid #8a92a055; }
`;

/** The login page of the browser flow, in Chinese and English. */
export function loginPage(page: LoginPage) {
  return document(html`
    <h1>登录 <small lang="en">Log in</small></h1>
    ${page.problem ? html`<p class="problem" role="alert">${page.problem}</p>` : ''}
    ${page.linking ? html`<p>绑定手机号 <small lang="en">Link ${page.linking.provider} to your phone</small></p>` : ''}
    ${page.phone ? codeForm(page, page.phone) : phoneForm(page)}
    ${page.phone || page.linking ? '' : html`<hr>${socialForm(page.uid)}`}
  `);
}

/** A page that only says something, for an interaction that is over. */
export function messagePage(message: string) {
  return document(html`<h1>登录 <small lang="en">Log in</small></h1><p role="alert">${message}</p>`);
}

function phoneForm({ uid, linking }: LoginPage) {
  return html`<form method="post" action="/interaction/${uid}/codes">
    ${hiddenLink(linking)}
    <label>手机号 <small lang="en">Mobile number</small>
      <input name="phone" type="tel" inputmode="tel" autocomplete="tel-national" placeholder="13800000001" required autofocus>
    </label>
    <button>获取验证码 · Send code</button>
  </form>`;
}

function codeForm({ uid, linking }: LoginPage, phone: string) {
  return html`<form method="post" action="/interaction/${uid}/login">
    ${hiddenLink(linking)}
    <input type="hidden" name="phone" value="${phone}">
    <label>验证码 <small lang="en">Code sent to ${phone}</small>
      <input name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" maxlength="6" required autofocus>
    </label>
    <button>登录 · Log in</button>
    <p class="hint">本地环境的短信在 <a href="/sms?phone=${phone}" target="_blank">短信收件箱 · SMS inbox</a>.
      <a href="/interaction/${uid}">换手机号 · Change number</a></p>
  </form>`;
}

function socialForm(uid: string) {
  return html`<form method="post" action="/interaction/${uid}/social">
    <label>沙箱账号 <small lang="en">Sandbox WeChat or QQ account</small>
      <input name="externalId" placeholder="wx-1" maxlength="64" required>
    </label>
    <button class="wechat" name="provider" value="wechat">微信登录 · WeChat</button>
    <button class="qq" name="provider" value="qq">QQ 登录 · QQ</button>
  </form>`;
}

function hiddenLink(linking: LoginPage['linking']) {
  if (!linking) return '';
  return html`<input type="hidden" name="provider" value="${linking.provider}">
    <input type="hidden" name="externalId" value="${linking.externalId}">`;
}

function document(body: ReturnType<typeof html>) {
  return html`<!doctype html>
<html lang="zh-CN">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>登录 · Log in</title>
  <style>${STYLE}</style>
</head>
<body><main>${body}</main></body>
</html>`;
}
