import { generateKeyPair, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Paths of the PEM files (private: PKCS8, public: SPKI) and the key that wraps the buyers' data keys. */
export interface Keys {
  appPrivate: string;
  appPublic: string;
  alipayPrivate: string;
  alipayPublic: string;
  /** 32 bytes, base64. */
  masterKey: string;
}

/** The keys under `folder`, made at the first call: the shop's pair "app", the sandbox's pair "alipay", the master key. */
export async function ensureKeys(folder: string): Promise<Keys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const masterFile = join(folder, 'master.key');
  const [app, alipay] = await Promise.all([ensurePair(folder, 'app'), ensurePair(folder, 'alipay')]);
  if (!existsSync(masterFile)) await writePrivate(masterFile, randomBytes(32).toString('base64'));
  return {
    appPrivate: app.privateFile,
    appPublic: app.publicFile,
    alipayPrivate: alipay.privateFile,
    alipayPublic: alipay.publicFile,
    masterKey: (await readFile(masterFile, 'utf8')).trim(),
  };
}

async function ensurePair(folder: string, name: string) {
  const privateFile = join(folder, `${name}-private.pem`);
  const publicFile = join(folder, `${name}-public.pem`);
  if (!existsSync(privateFile) || !existsSync(publicFile)) {
    const pair = await promisify(generateKeyPair)('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    await writePrivate(publicFile, pair.publicKey);
    await writePrivate(privateFile, pair.privateKey);
  }
  return { privateFile, publicFile };
}

function writePrivate(file: string, text: string): Promise<void> {
  return writeFile(file, text, { mode: 0o600 });
}
