import type { PaymentProvider } from '../../providers/payments/port.ts';

/** The payment providers by name. */
export type PaymentProviders = ReadonlyMap<string, PaymentProvider>;

export function providerOf(providers: PaymentProviders, name: string): PaymentProvider {
  const provider = providers.get(name);
  if (!provider) throw new Error(`no payment provider ${name} is configured`);
  return provider;
}
