import { z } from 'zod';
import {
  alipayKeys,
  kuaidi100Keys,
  qimenKeys,
  s3Keys,
  stripeKeys,
  watchKeys,
  wechatpayKeys,
} from './keys.ts';

/** The only reader of the environment. A missing or malformed setting stops the process with a sentence per field. */

const url = z.url();
const seconds = z.coerce.number().int().positive();

const fields = z.object({
  DATABASE_URL: z.string().min(1),
  DATABASE_POOL: z.coerce.number().int().min(1).max(100).default(10),
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_TASK_QUEUE: z.string().default('dingdan'),
  /** Off only for the time-skipping test server, which does not serve it. */
  TEMPORAL_WORKER_VERSIONING: z.enum(['on', 'off']).default('on'),
  TEMPORAL_SEARCH_ATTRIBUTES: z.enum(['on', 'off']).default('on'),
  BUILD_ID: z.string().default('dev'),
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  /** Address under which the providers and buyers reach this API. */
  PUBLIC_URL: url.default('http://127.0.0.1:8080'),
  OIDC_ISSUER: url,
  OIDC_AUDIENCE: z.string().default('dingdan-api'),
  /** 32 bytes, base64: wraps the per-buyer data keys. */
  MASTER_KEY: z.string().refine((v) => Buffer.from(v, 'base64').length === 32, 'must be 32 bytes in base64'),
  /** Each provider's keys: the path of a JSON file (see `config/keys.ts`), read again when it changes. */
  ALIPAY_GATEWAY: url,
  ALIPAY_APP_ID: z.string().min(1),
  ALIPAY_SELLER_ID: z.string().min(1),
  ALIPAY_KEYS: keyFile(alipayKeys),
  WECHATPAY_BASE_URL: url.default('https://api.mch.weixin.qq.com'),
  WECHATPAY_APP_ID: z.string().min(1),
  WECHATPAY_MCH_ID: z.string().min(1),
  WECHATPAY_KEYS: keyFile(wechatpayKeys),
  STRIPE_BASE_URL: url.default('https://api.stripe.com'),
  STRIPE_KEYS: keyFile(stripeKeys),
  /** Where parcels are watched; the keys as above. */
  KUAIDI100_POLL_URL: url.default('https://poll.kuaidi100.com/poll'),
  KUAIDI100_QUERY_URL: url.default('https://poll.kuaidi100.com/poll/query.do'),
  /** Where electronic waybills come from. */
  KUAIDI100_LABEL_URL: url.default('https://api.kuaidi100.com/label/order'),
  KUAIDI100_KEYS: keyFile(kuaidi100Keys),
  /** Where warehouses take delivery orders, and who owns the goods in their books; the keys as above. */
  QIMEN_GATEWAY: url.default('https://qimen.api.taobao.com/router/qimen/service'),
  QIMEN_OWNER_CODE: z.string().min(1),
  QIMEN_KEYS: keyFile(qimenKeys),
  /** The folder that keeps the evidence of after-sale cases; all processes of the API see the same one. */
  EVIDENCE_DIR: z.string().min(1).default('.dingdan/evidence'),
  /** A bucket that keeps it instead, of AWS S3 or a compatible store; the keys as above. */
  S3_BUCKET: z.string().min(1).optional(),
  S3_REGION: z.string().min(1).default('us-east-1'),
  /** Of a compatible store; without it that of AWS in the region. */
  S3_ENDPOINT: url.optional(),
  /** `path`: the bucket stands in the path, as many compatible stores want it, and not in the host's name. */
  S3_ADDRESSING: z.enum(['host', 'path']).default('host'),
  /** What the names of the objects begin with. */
  S3_PREFIX: z
    .string()
    .regex(/^([\w.-]+\/)*$/, 'is empty or folders that end with a slash, such as evidence/')
    .default('evidence/'),
  S3_KEYS: keyFile(s3Keys).optional(),
  QUOTE_TTL_SECONDS: seconds.default(15 * 60),
  /** How often settlement runs. */
  SETTLEMENT_INTERVAL_SECONDS: seconds.default(3600),
  /** How old an unapplied inbox row must be to be signalled again, and how often that is looked at. */
  SWEEP_INTERVAL_SECONDS: seconds.default(10),
  /** How long after its start a worker has the reconciler look again; it leaves alone what is younger than 30 seconds. */
  RECONCILE_AGAIN_SECONDS: seconds.min(30).default(60),
  /** How often parcels are looked at: new ones to be watched, silent ones to be asked about. */
  PARCEL_WATCH_INTERVAL_SECONDS: seconds.default(10),
  /** The hours that a parcel may be silent are divided by this: above 1 only where days should pass in seconds. */
  PARCEL_TIME_DIVISOR: z.coerce.number().min(1).default(1),
  /** How often it is looked for what is overdue, to remind of it. */
  REMIND_INTERVAL_SECONDS: seconds.default(60),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

const settings = fields.refine(({ S3_BUCKET, S3_KEYS }) => S3_BUCKET === undefined || S3_KEYS !== undefined, {
  path: ['S3_KEYS'],
  message: 'is needed with S3_BUCKET',
});

export type Config = z.infer<typeof settings>;

/** Reads and checks the environment. Throws an Error that names every wrong variable and what it should be. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const parsed = settings.safeParse(environment);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The configuration is not usable. Set these environment variables:\n${lines.join('\n')}`);
}

function keyFile<T>(schema: z.ZodType<T>) {
  return z
    .string()
    .min(1)
    .transform((source, check) => {
      try {
        return watchKeys(source, schema, (problem) => process.emitWarning(problem, 'KeysWarning'));
      } catch (error) {
        check.addIssue(`the keys cannot be used: ${(error as Error).message}`);
        return z.NEVER;
      }
    });
}
