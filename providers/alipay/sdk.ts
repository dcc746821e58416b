import { AlipayRequestError, AlipaySdk } from 'alipay-sdk';

/**
 * The official SDK, which stumbles over an answer without a signature: for an application or method it does not know,
 * Alipay sends an unsigned `error_response`, and the SDK would throw a TypeError that hides the code. Such an answer is
 * refused here like any other that cannot be verified, with its text kept for the error.
 */
export class StrictAlipaySdk extends AlipaySdk {
  override checkResponseSign(raw: string, responseKey: string, signature: string, traceId: string): void {
    if (typeof signature !== 'string' || signature === '') {
      throw new AlipayRequestError('the answer is not signed', { traceId, responseDataRaw: raw });
    }
    super.checkResponseSign(raw, responseKey, signature, traceId);
  }
}
