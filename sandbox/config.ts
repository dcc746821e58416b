import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { QimenSettings } from './qimen/index.ts';
import type { S3Settings } from './s3/index.ts';

/** The settings of the sandbox, which shares none with the system that it serves. */
export interface SandboxConfig {
  host: string;
  /** 0 takes any free port. */
  port: number;
  dataDir: string;
  /** Address under which browsers and the system reach the sandbox; by default the one it listens on. */
  publicUrl: string | undefined;
  /** Retry schedules run this many times faster. */
  clockMultiplier: number;
  alipay: AlipaySettings;
  wechatpay: WechatpaySettings;
  stripe: StripeSettings;
  kuaidi100: Kuaidi100Settings;
  qimen: QimenSettings;
  s3: S3Settings;
}

const alipayKeys = z.strictObject({
  /** The provider's own PKCS8 PEM, which signs answers and notifications. */
  privateKey: z.string(),
  /** The application's SPKI PEM, which verifies requests. */
  appPublicKey: z.string(),
});
const wechatpayKeys = z.strictObject({
  /** The merchant's certificate serial number and public key (SPKI PEM), which verify requests. */
  merchant: z.strictObject({ serial: z.string(), publicKey: z.string() }),
  /** The provider's own key: its id as sent in `Wechatpay-Serial`, PKCS8 PEM. */
  platform: z.strictObject({ id: z.string(), privateKey: z.string() }),
  /** 32 characters; encrypts notifications. */
  apiV3Key: z.string().length(32),
});
const stripeKeys = z.strictObject({
  secretKey: z.string(),
  publishableKey: z.string(),
  webhookSecret: z.string(),
});

/** The customer's key and number, the secret that signs calls for waybills, and the accounts that carriers know. */
const kuaidi100Keys = z.strictObject({
  key: z.string(),
  customer: z.string(),
  secret: z.string(),
  accounts: z.array(
    z.strictObject({
      carrier: z.string(),
      partnerId: z.string(),
      partnerKey: z.string().optional(),
      partnerSecret: z.string().optional(),
      net: z.string().optional(),
      code: z.string().optional(),
    }),
  ),
});
/** The owner's application and number, and the secret that signs what either side says. */
const qimenKeys = z.strictObject({ appKey: z.string(), customerId: z.string(), secret: z.string() });
/** The one access key that the object store knows. */
const s3Keys = z.strictObject({ accessKeyId: z.string(), secretAccessKey: z.string() });

export type AlipaySettings = z.infer<typeof alipayKeys> & { appId: string; sellerId: string };
export type WechatpaySettings = z.infer<typeof wechatpayKeys> & { appId: string; mchId: string };
/** `webhookUrl` is the endpoint registered with the account: Stripe is not told one per payment. */
export type StripeSettings = z.infer<typeof stripeKeys> & { webhookUrl: string };

/** Codes with commas between them. */
const codes = z
  .string()
  .transform((text) => text.split(',').map((code) => code.trim()))
  .pipe(z.array(z.string().min(1)));

const environmentSchema = z.object({
  SANDBOX_HOST: z.string().default('127.0.0.1'),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65535).default(8090),
  SANDBOX_DATA_DIR: z.string().min(1),
  SANDBOX_PUBLIC_URL: z.url().optional(),
  SANDBOX_CLOCK_MULTIPLIER: z.coerce.number().positive().default(1),
  ALIPAY_APP_ID: z.string().min(1),
  ALIPAY_SELLER_ID: z.string().min(1),
  SANDBOX_ALIPAY_KEYS: jsonFile(alipayKeys),
  WECHATPAY_APP_ID: z.string().min(1),
  WECHATPAY_MCH_ID: z.string().min(1),
  SANDBOX_WECHATPAY_KEYS: jsonFile(wechatpayKeys),
  SANDBOX_STRIPE_KEYS: jsonFile(stripeKeys),
  SANDBOX_STRIPE_WEBHOOK_URL: z.url(),
  SANDBOX_KUAIDI100_KEYS: jsonFile(kuaidi100Keys),
  QIMEN_OWNER_CODE: z.string().min(1).default('dingdan'),
  SANDBOX_QIMEN_KEYS: jsonFile(qimenKeys),
  SANDBOX_QIMEN_NOTIFY_URL: z.url(),
  SANDBOX_QIMEN_WAREHOUSES: codes.default(['W2', 'W3']),
  SANDBOX_S3_KEYS: jsonFile(s3Keys),
  SANDBOX_S3_BUCKET: z.string().min(1).default('evidence'),
  S3_REGION: z.string().min(1).default('us-east-1'),
});

export type Kuaidi100Settings = z.infer<typeof kuaidi100Keys>;

/** Reads the environment. Throws an Error that names every variable that is missing or wrong. */
export function loadSandboxConfig(environment: NodeJS.ProcessEnv = process.env): SandboxConfig {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The sandbox cannot start. Set these environment variables:\n${lines.join('\n')}`);
  }
  const env = parsed.data;
  return {
    host: env.SANDBOX_HOST,
    port: env.SANDBOX_PORT,
    dataDir: env.SANDBOX_DATA_DIR,
    publicUrl: env.SANDBOX_PUBLIC_URL,
    clockMultiplier: env.SANDBOX_CLOCK_MULTIPLIER,
    alipay: { appId: env.ALIPAY_APP_ID, sellerId: env.ALIPAY_SELLER_ID, ...env.SANDBOX_ALIPAY_KEYS },
    wechatpay: { appId: env.WECHATPAY_APP_ID, mchId: env.WECHATPAY_MCH_ID, ...env.SANDBOX_WECHATPAY_KEYS },
    stripe: { webhookUrl: env.SANDBOX_STRIPE_WEBHOOK_URL, ...env.SANDBOX_STRIPE_KEYS },
    kuaidi100: env.SANDBOX_KUAIDI100_KEYS,
    qimen: {
      ...env.SANDBOX_QIMEN_KEYS,
      notifyUrl: env.SANDBOX_QIMEN_NOTIFY_URL,
      owners: [env.QIMEN_OWNER_CODE],
      warehouses: env.SANDBOX_QIMEN_WAREHOUSES,
    },
    s3: { ...env.SANDBOX_S3_KEYS, bucket: env.SANDBOX_S3_BUCKET, region: env.S3_REGION },
  };
}

/** The path of a JSON file. */
function jsonFile<T>(schema: z.ZodType<T>) {
  return z
    .string()
    .min(1)
    .transform((path, check) => {
      try {
        return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
      } catch (error) {
        check.addIssue(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
        return z.NEVER;
      }
    });
}
