import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';

/** Keys as they are now. Adapters ask at every use, so a key can be rotated while the process runs. */
export type Keys<T> = () => T;

/** How often a key file is looked at for a change, at most. */
const LOOK_EVERY_MS = 1_000;

const pem = (label: RegExp) =>
  z.string().refine((text) => label.test(text), `must be PEM text with ${label.source.replaceAll('\\', '')}`);
const privateKey = pem(/-----BEGIN (RSA )?PRIVATE KEY-----/);
const publicKey = pem(/-----BEGIN PUBLIC KEY-----/);

/** Our key at Alipay, and Alipay's keys, of which any one proves an answer or a notification. */
export const alipayKeys = z.strictObject({
  privateKey,
  alipayPublicKeys: z.array(publicKey).min(1),
});
/** The merchant's key with its certificate's serial number, WeChat Pay's public keys by id, and the APIv3 keys. */
export const wechatpayKeys = z.strictObject({
  merchant: z.strictObject({ serial: z.string().min(1), privateKey }),
  platform: z
    .record(z.string(), publicKey)
    .refine((keys) => Object.keys(keys).length > 0, 'needs one key at least'),
  apiV3Keys: z.array(z.string().length(32, 'an APIv3 key has 32 characters')).min(1),
});
/** Stripe's keys; any one of the webhook secrets proves an event. */
export const stripeKeys = z.strictObject({
  secretKey: z.string().regex(/^(sk|rk)_/, 'a secret key begins with sk_ or rk_'),
  publishableKey: z.string().regex(/^pk_/, 'a publishable key begins with pk_'),
  webhookSecrets: z.array(z.string().regex(/^whsec_/, 'a webhook secret begins with whsec_')).min(1),
});

/** A merchant's account for electronic waybills at a carrier: what the carrier asks for, and the label's template. */
const waybillAccount = z.strictObject({
  partnerId: z.string().min(1),
  partnerKey: z.string().min(1).exactOptional(),
  partnerSecret: z.string().min(1).exactOptional(),
  net: z.string().min(1).exactOptional(),
  code: z.string().min(1).exactOptional(),
  template: z.string().min(1),
});

/**
 * The authorisation key and the customer number that Kuaidi100 gives out together; for electronic waybills (FU-8) the
 * secret that signs, and the accounts by merchant and carrier.
 */
export const kuaidi100Keys = z.strictObject({
  key: z.string().min(1),
  customer: z.string().min(1),
  waybills: z
    .strictObject({
      secret: z.string().min(1),
      accounts: z.record(z.string(), z.record(z.string(), waybillAccount)),
    })
    .exactOptional(),
});

/**
 * Our application and our number at the warehouse's side of Qimen, and the secrets: the first one signs, any one proves a
 * notification.
 */
export const qimenKeys = z.strictObject({
  appKey: z.string().min(1),
  customerId: z.string().min(1),
  secrets: z.array(z.string().min(1)).min(1),
});

/** An access key of an S3 store; with a session token where it is a temporary one. */
export const s3Keys = z.strictObject({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).exactOptional(),
});

export type AlipayKeys = z.infer<typeof alipayKeys>;
export type WechatpayKeys = z.infer<typeof wechatpayKeys>;
export type StripeKeys = z.infer<typeof stripeKeys>;
export type Kuaidi100Keys = z.infer<typeof kuaidi100Keys>;
export type WaybillAccount = z.infer<typeof waybillAccount>;
export type QimenKeys = z.infer<typeof qimenKeys>;
export type S3Keys = z.infer<typeof s3Keys>;

/**
 * The keys in a JSON file (or in JSON text). The file is read again when it changes: a rotation is one replaced file,
 * with the old and the new key side by side where the provider has such a time. A file that is broken or gone keeps the
 * last good keys in use and is reported through `warn`; at the start it is an error that names the field.
 */
export function watchKeys<T>(
  source: string,
  schema: z.ZodType<T>,
  warn: (problem: string) => void = () => {},
  now: () => number = Date.now,
): Keys<T> {
  if (source.trimStart().startsWith('{')) {
    const keys = parse(source, schema);
    return () => keys;
  }
  let seen = stampOf(source);
  let keys = parse(readFileSync(source, 'utf8'), schema);
  let lookedAt = now();
  return () => {
    if (now() - lookedAt < LOOK_EVERY_MS) return keys;
    lookedAt = now();
    try {
      const stamp = stampOf(source);
      if (stamp === seen) return keys;
      seen = stamp;
      keys = parse(readFileSync(source, 'utf8'), schema);
    } catch (error) {
      warn(`the keys in ${source} cannot be used, the earlier ones stay: ${(error as Error).message}`);
    }
    return keys;
  };
}

function stampOf(file: string): string {
  const { mtimeMs, size, ino } = statSync(file);
  return `${mtimeMs}:${size}:${ino}`;
}

function parse<T>(text: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}
