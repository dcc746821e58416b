import type { Config } from '../config/index.ts';
import { createAlipay } from './alipay/index.ts';
import type { PaymentProvider } from './payments/port.ts';

/** The payment providers of this installation, by name. Adding one is its folder and a line here. */
export function createProviders(config: Config): Map<string, PaymentProvider> {
  const alipay = createAlipay({
    gateway: config.ALIPAY_GATEWAY,
    appId: config.ALIPAY_APP_ID,
    sellerId: config.ALIPAY_SELLER_ID,
    privateKey: config.ALIPAY_PRIVATE_KEY,
    alipayPublicKey: config.ALIPAY_PUBLIC_KEY,
    notifyUrl: `${config.PUBLIC_URL}/v1/callbacks/alipay`,
  });
  return new Map([[alipay.name, alipay]]);
}
