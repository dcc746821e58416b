import type { Config } from '../config/index.ts';
import { createAlipay } from './alipay/index.ts';
import { createKuaidi100 } from './kuaidi100/index.ts';
import { createKuaidi100Waybills } from './kuaidi100/waybills.ts';
import type { PaymentProvider } from './payments/port.ts';
import { createQimen } from './qimen/index.ts';
import { createLocalStorage } from './storage/local.ts';
import type { ObjectStorage } from './storage/port.ts';
import { createS3Storage } from './storage/s3.ts';
import { createStripe } from './stripe/index.ts';
import type { TrackingService } from './tracking/port.ts';
import type { WarehouseSystem } from './warehouse/port.ts';
import type { WaybillService } from './waybills/port.ts';
import { createWechatpay } from './wechatpay/index.ts';

/** The payment providers of this installation, by name. Adding one is its folder and an entry here. */
export function createProviders(config: Config): Map<string, PaymentProvider> {
  const notifyUrl = (name: string) => `${config.PUBLIC_URL}/v1/callbacks/${name}`;
  const providers = [
    createAlipay({
      gateway: config.ALIPAY_GATEWAY,
      appId: config.ALIPAY_APP_ID,
      sellerId: config.ALIPAY_SELLER_ID,
      keys: config.ALIPAY_KEYS,
      notifyUrl: notifyUrl('alipay'),
    }),
    createWechatpay({
      baseUrl: config.WECHATPAY_BASE_URL,
      appId: config.WECHATPAY_APP_ID,
      mchId: config.WECHATPAY_MCH_ID,
      keys: config.WECHATPAY_KEYS,
      notifyUrl: notifyUrl('wechatpay'),
    }),
    createStripe({ baseUrl: config.STRIPE_BASE_URL, keys: config.STRIPE_KEYS }),
  ];
  return new Map(providers.map((provider) => [provider.name, provider]));
}

/** The service that watches parcels over all carriers. */
export function createTrackingService(config: Config): TrackingService {
  return createKuaidi100({
    pollUrl: config.KUAIDI100_POLL_URL,
    queryUrl: config.KUAIDI100_QUERY_URL,
    keys: config.KUAIDI100_KEYS,
  });
}

/** The service that gets electronic waybills from all carriers. */
export function createWaybillService(config: Config): WaybillService {
  return createKuaidi100Waybills({ labelUrl: config.KUAIDI100_LABEL_URL, keys: config.KUAIDI100_KEYS });
}

/** Where files that people send are kept: in a bucket if one is set, otherwise in a folder. */
export function createStorage(config: Config): ObjectStorage {
  const { S3_BUCKET: bucket, S3_KEYS: keys } = config;
  if (bucket === undefined || keys === undefined) return createLocalStorage(config.EVIDENCE_DIR);
  return createS3Storage({
    ...{ bucket, keys, region: config.S3_REGION, endpoint: config.S3_ENDPOINT, prefix: config.S3_PREFIX },
    pathStyle: config.S3_ADDRESSING === 'path',
  });
}

/** The warehouse systems of this installation, by name. Adding one is its folder and an entry here. */
export function createWarehouseSystems(config: Config): ReadonlyMap<string, WarehouseSystem> {
  const systems = [
    createQimen({
      gateway: config.QIMEN_GATEWAY,
      ownerCode: config.QIMEN_OWNER_CODE,
      keys: config.QIMEN_KEYS,
    }),
  ];
  return new Map(systems.map((system) => [system.name, system]));
}
