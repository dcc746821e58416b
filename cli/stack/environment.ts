import { join } from 'node:path';
import type { Keys } from './keys.ts';
import type { Ports } from './ports.ts';

const alipayAppId = '2021000000000001';
const alipaySellerId = '2088000000000001';
const wechatpayAppId = 'wx0000000000000001';
const wechatpayMchId = '1900000001';
const qimenOwnerCode = 'dingdan';
const s3Region = 'cn-north-1';
const audience = 'dingdan-api';

/** Addresses the parts of the stack serve at. */
export interface Addresses {
  apiUrl: string;
  sandboxUrl: string;
  issuerUrl: string;
}

/** The addresses that follow from the ports. */
export function addressesOf(ports: Ports): Addresses {
  return {
    apiUrl: `http://127.0.0.1:${ports.api}`,
    sandboxUrl: `http://127.0.0.1:${ports.sandbox}`,
    issuerUrl: `http://127.0.0.1:${ports.identity}`,
  };
}

/** The whole environment of api, worker and sandbox: this process's own, what follows from the stack, then `overrides`. */
export function stackEnvironment(input: {
  dataDir: string;
  ports: Ports;
  keys: Keys;
  databaseUrl: string;
  temporalAddress: string;
  namespace: string;
  overrides: Record<string, string>;
}): Record<string, string> {
  const { dataDir, ports, keys } = input;
  const { apiUrl, sandboxUrl, issuerUrl } = addressesOf(ports);
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return {
    ...Object.fromEntries(inherited),
    DATABASE_URL: input.databaseUrl,
    TEMPORAL_ADDRESS: input.temporalAddress,
    TEMPORAL_NAMESPACE: input.namespace,
    PUBLIC_URL: apiUrl,
    OIDC_ISSUER: issuerUrl,
    OIDC_AUDIENCE: audience,
    MASTER_KEY: keys.masterKey,
    ALIPAY_GATEWAY: `${sandboxUrl}/alipay/gateway.do`,
    ALIPAY_APP_ID: alipayAppId,
    ALIPAY_SELLER_ID: alipaySellerId,
    ALIPAY_KEYS: keys.alipay,
    WECHATPAY_BASE_URL: sandboxUrl,
    WECHATPAY_APP_ID: wechatpayAppId,
    WECHATPAY_MCH_ID: wechatpayMchId,
    WECHATPAY_KEYS: keys.wechatpay,
    STRIPE_BASE_URL: sandboxUrl,
    STRIPE_KEYS: keys.stripe,
    KUAIDI100_POLL_URL: `${sandboxUrl}/kuaidi100/poll`,
    KUAIDI100_QUERY_URL: `${sandboxUrl}/kuaidi100/poll/query.do`,
    KUAIDI100_LABEL_URL: `${sandboxUrl}/kuaidi100/label/order`,
    KUAIDI100_KEYS: keys.kuaidi100,
    QIMEN_GATEWAY: `${sandboxUrl}/qimen/router`,
    QIMEN_OWNER_CODE: qimenOwnerCode,
    QIMEN_KEYS: keys.qimen,
    EVIDENCE_DIR: join(dataDir, 'evidence'),
    // Kept there instead once S3_BUCKET names the sandbox's bucket.
    S3_ENDPOINT: `${sandboxUrl}/s3`,
    S3_REGION: s3Region,
    S3_ADDRESSING: 'path',
    S3_KEYS: keys.s3,
    SANDBOX_DATA_DIR: join(dataDir, 'sandbox'),
    SANDBOX_ALIPAY_KEYS: keys.sandboxAlipay,
    SANDBOX_WECHATPAY_KEYS: keys.sandboxWechatpay,
    SANDBOX_STRIPE_KEYS: keys.sandboxStripe,
    SANDBOX_KUAIDI100_KEYS: keys.sandboxKuaidi100,
    SANDBOX_QIMEN_KEYS: keys.sandboxQimen,
    SANDBOX_S3_KEYS: keys.s3,
    SANDBOX_STRIPE_WEBHOOK_URL: `${apiUrl}/v1/callbacks/stripe`,
    SANDBOX_QIMEN_NOTIFY_URL: `${apiUrl}/v1/callbacks/qimen`,
    SANDBOX_CLOCK_MULTIPLIER: '1',
    TZ: 'Asia/Shanghai',
    ...input.overrides,
    // After the overrides: these were already taken into account when the ports were chosen.
    PORT: String(ports.api),
    SANDBOX_PORT: String(ports.sandbox),
    IDENTITY_PORT: String(ports.identity),
  };
}
