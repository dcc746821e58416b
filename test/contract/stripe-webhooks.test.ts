import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { REASONS } from '../../providers/payments/reasons.ts';
import { DECLINE_CODES } from '../../sandbox/stripe/cards.ts';
import { Bench, type Delivery, KEYS } from './stripe-fixture.ts';

const bench = new Bench();
beforeAll(() => bench.open());
afterAll(() => bench.close());
afterEach(async () => {
  bench.keys = KEYS;
  bench.merchant.reply = () => 200;
  await bench.control('DELETE', '/faults');
});

/** A delivery that the provider signs over a trade's true fields, overridden. */
const sign = async (asked: object): Promise<Delivery> => (await bench.control('POST', '/sign', asked)).json;
const typeOf = ({ body }: Delivery): string => JSON.parse(body).type;

describe('PY-2 what Stripe tells', () => {
  it('a payment, with its sum and time', async () => {
    const trade = await bench.paid({}, { at: '2026-11-11T00:00:08+08:00' });
    const [delivery] = await bench.merchant.received(trade.outTradeNo, 1);
    expect(bench.notice(delivery)).toEqual({
      eventKey: expect.stringMatching(/^evt_/),
      outTradeNo: trade.outTradeNo,
      outcome: 'paid',
      providerTradeNo: trade.providerRef,
      amountFen: 13500n,
      paidAt: new Date('2026-11-10T16:00:08Z'),
      funding: null,
    });
  });

  it('a refund, by its number and by the charge', async () => {
    const trade = await bench.paid();
    await bench.provider.refund(bench.refund(trade));
    const deliveries = await bench.merchant.received(trade.outTradeNo, 3);
    const byType = new Map(deliveries.map((delivery) => [typeOf(delivery), bench.notice(delivery)]));
    const { outTradeNo } = trade;
    const changed = { outTradeNo, outcome: 'refund_changed' };
    expect(byType.get('refund.created')).toMatchObject({ ...changed, refundNo: `${outTradeNo}R1` });
    expect(byType.get('charge.refunded')).toMatchObject({ ...changed, refundNo: null });
  });

  it('a refund that failed', async () => {
    const trade = await bench.paid();
    await bench.faults({ abnormalRefund: true, onlyOutTradeNo: trade.outTradeNo });
    await bench.provider.refund(bench.refund(trade));
    const deliveries = await bench.merchant.received(trade.outTradeNo, 3);
    const failed = deliveries.find((delivery) => typeOf(delivery) === 'refund.failed');
    expect(bench.notice(failed)).toMatchObject({
      outcome: 'refund_changed',
      refundNo: `${trade.outTradeNo}R1`,
    });
  });

  it('a cancellation, which is noted', async () => {
    const trade = await bench.started();
    await bench.provider.close(trade);
    const [delivery] = await bench.merchant.received(trade.outTradeNo, 1);
    expect(bench.notice(delivery)).toMatchObject({ outTradeNo: trade.outTradeNo, outcome: 'noted' });
  });

  it.each([
    'payment_intent.created',
    'payment_intent.processing',
    'payment_intent.requires_action',
    'payment_intent.canceled',
  ])('%s is noted', async (event) => {
    const { outTradeNo } = await bench.started();
    expect(bench.notice(await sign({ outTradeNo, event }))).toMatchObject({ outTradeNo, outcome: 'noted' });
  });

  it.each(['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated'])(
    '%s wakes the refund',
    async (event) => {
      const trade = await bench.paid();
      const { outTradeNo } = trade;
      await bench.provider.refund(bench.refund(trade));
      expect(bench.notice(await sign({ outTradeNo, event }))).toMatchObject({
        outTradeNo,
        outcome: 'refund_changed',
        refundNo: `${outTradeNo}R1`,
      });
    },
  );
});

describe('PY-4 a declined card', () => {
  it('is told with the bank’s code and the buyer’s words, and the same intent can be paid after', async () => {
    const trade = await bench.started();
    await bench.control('POST', `/trades/${trade.outTradeNo}/decline`, { reason: 'insufficient_funds' });
    const [declined] = await bench.merchant.received(trade.outTradeNo, 1);
    expect(bench.notice(declined)).toEqual({
      eventKey: expect.stringMatching(/^evt_/),
      outTradeNo: trade.outTradeNo,
      outcome: 'declined',
      code: 'insufficient_funds',
      buyerReason: REASONS.insufficient_balance,
      occurredAt: expect.any(Date),
    });
    expect(await bench.provider.query(trade)).toEqual({ state: 'waiting' });
    expect((await bench.control('POST', `/trades/${trade.outTradeNo}/pay`)).status).toBe(200);
    expect(await bench.provider.query(trade)).toMatchObject({ state: 'paid' });
  });

  it('has its own error code where Stripe has one', async () => {
    const codeOf = async (reason: string) => {
      const { outTradeNo } = await bench.started();
      return (await bench.control('POST', `/trades/${outTradeNo}/decline`, { reason })).json.error;
    };
    expect(await codeOf('expired_card')).toMatchObject({ code: 'expired_card', type: 'card_error' });
    expect(await codeOf('incorrect_cvc')).toMatchObject({ code: 'incorrect_cvc' });
    expect(await codeOf('lost_card')).toMatchObject({ code: 'card_declined', decline_code: 'lost_card' });
  });

  it('tells a reason for every code, and never that a card is lost, stolen or suspected', async () => {
    const { outTradeNo } = await bench.started();
    for (const reason of DECLINE_CODES)
      await bench.control('POST', `/trades/${outTradeNo}/decline`, { reason });
    const deliveries = await bench.merchant.received(outTradeNo, DECLINE_CODES.length);
    const notices = deliveries.map((delivery) => bench.notice(delivery));
    const codes = notices.map((notice) => (notice.outcome === 'declined' ? notice.code : notice.outcome));
    expect(codes.sort()).toEqual([...DECLINE_CODES].sort());
    for (const notice of notices)
      if (notice.outcome === 'declined' && /lost|stolen|fraud|pickup|blacklist/.test(notice.code))
        expect(notice.buyerReason).toEqual(REASONS.card_refused);
  });

  it.each([
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_balance'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'card_expired'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'card_details'],
    ['pm_card_chargeDeclinedLostCard', 'card_declined', 'card_refused'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'payment_failed'],
  ])('%s is refused in the browser with %s, and told as %s', async (method, code, reason) => {
    const { outTradeNo, providerRef, clientSecret } = await bench.started();
    const confirmed = await bench.call(
      'POST',
      `/v1/payment_intents/${providerRef}/confirm`,
      { client_secret: clientSecret, payment_method: method },
      { key: KEYS.publishableKey },
    );
    expect(confirmed).toMatchObject({
      status: 402,
      json: {
        error: {
          type: 'card_error',
          code,
          payment_intent: {
            id: providerRef,
            status: 'requires_payment_method',
            last_payment_error: { code },
          },
        },
      },
    });
    const [declined] = await bench.merchant.received(outTradeNo, 1);
    expect(bench.notice(declined)).toMatchObject({ outcome: 'declined', buyerReason: { code: reason } });
  });
});

describe('PY-2 what is not believed', () => {
  it('a forged signature, a missing one, another body', async () => {
    const { outTradeNo } = await bench.paid();
    const genuine = await sign({ outTradeNo });
    expect(bench.verify(genuine)).toMatchObject({ ok: true });
    const bad = { ok: false, reason: 'bad_signature' };
    expect(bench.verify(await sign({ outTradeNo, forged: true }))).toEqual(bad);
    expect(bench.verify(await sign({ outTradeNo, secret: 'whsec_stranger' }))).toEqual(bad);
    expect(bench.verify({ ...genuine, headers: {} })).toEqual(bad);
    expect(bench.verify({ ...genuine, headers: { 'stripe-signature': 'v1=00' } })).toEqual(bad);
    expect(bench.verify({ ...genuine, body: genuine.body.replace('13500', '13501') })).toEqual(bad);
    expect(bench.verify({ ...genuine, body: '' })).toEqual(bad);
  });

  it('a right signature that is older than five minutes', async () => {
    const { outTradeNo } = await bench.paid();
    const atS = Math.floor(Date.now() / 1000);
    const delivery = await sign({ outTradeNo, timestamp: atS });
    expect(bench.verify(delivery, new Date((atS + 300) * 1000))).toMatchObject({ ok: true });
    const later = new Date((atS + 301) * 1000);
    expect(bench.verify(delivery, later)).toEqual({ ok: false, reason: 'stale' });
    const forged = await sign({ outTradeNo, timestamp: atS, forged: true });
    expect(bench.verify(forged, later)).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('another currency', async () => {
    const { outTradeNo } = await bench.paid();
    expect(bench.verify(await sign({ outTradeNo, object: { currency: 'usd' } }))).toEqual({
      ok: false,
      reason: 'wrong_currency',
    });
  });

  it.each(['payment_intent.succeeded', 'charge.refunded', 'refund.created', 'invoice.paid', 'payout.paid'])(
    '%s about nothing of ours is foreign',
    async (event) => {
      expect(bench.verify(await sign({ event, object: { id: 'x_1' } }))).toEqual({
        ok: false,
        reason: 'foreign',
      });
      expect(bench.verify(await sign({ event, object: { metadata: { order: '1' } } }))).toEqual({
        ok: false,
        reason: 'foreign',
      });
    },
  );

  it.each([
    ['no JSON', 'hello'],
    ['no event', '{"id":"evt_1"}'],
    ['no object', '{"id":"evt_1","type":"payment_intent.succeeded","created":1,"data":{}}'],
    [
      'no sum',
      '{"id":"evt_1","type":"payment_intent.succeeded","created":1,"data":{"object":{"id":"pi_1","currency":"cny","metadata":{"out_trade_no":"T1"}}}}',
    ],
    [
      'no error',
      '{"id":"evt_1","type":"payment_intent.payment_failed","created":1,"data":{"object":{"last_payment_error":null,"metadata":{"out_trade_no":"T1"}}}}',
    ],
  ])('%s is malformed, though it is signed', (_what, body) => {
    expect(bench.verify(bench.signed(body))).toEqual({ ok: false, reason: 'malformed' });
  });

  it('is answered as Stripe understands it', () => {
    const json = 'application/json';
    expect(bench.provider.acknowledgement('taken')).toEqual({
      status: 200,
      contentType: json,
      body: '{"received":true}',
    });
    expect(bench.provider.acknowledgement('unknown').status).toBe(200);
    expect(bench.provider.acknowledgement('refused').status).toBe(400);
    expect(bench.provider.acknowledgement('failed').status).toBe(503);
  });
});

describe('PY-2 a webhook secret is rotated', () => {
  it('and events signed with either are believed meanwhile', async () => {
    const { outTradeNo } = await bench.paid();
    const old = await sign({ outTradeNo });
    await bench.control('POST', '/keys', { webhookSecret: 'whsec_rotated' });
    try {
      const fresh = await sign({ outTradeNo });
      expect(bench.verify(fresh)).toEqual({ ok: false, reason: 'bad_signature' });
      bench.keys = { ...KEYS, webhookSecrets: ['whsec_rotated', ...KEYS.webhookSecrets] };
      expect(bench.verify(fresh)).toMatchObject({ ok: true });
      expect(bench.verify(old)).toMatchObject({ ok: true });
      bench.keys = { ...KEYS, webhookSecrets: ['whsec_rotated'] };
      expect(bench.verify(fresh)).toMatchObject({ ok: true });
      expect(bench.verify(old)).toEqual({ ok: false, reason: 'bad_signature' });
      const later = await bench.paid();
      const [told] = await bench.merchant.received(later.outTradeNo, 1);
      expect(bench.notice(told)).toMatchObject({ outcome: 'paid' });
    } finally {
      await bench.control('POST', '/keys', { webhookSecret: KEYS.webhookSecrets[0] });
    }
  });
});

describe('PY-2 deliveries', () => {
  it('are repeated under the same event, signed anew, until they are accepted', async () => {
    bench.merchant.reply = () => 503;
    const trade = await bench.paid();
    await bench.merchant.received(trade.outTradeNo, 3);
    bench.merchant.reply = () => 200;
    const deliveries = await bench.merchant.received(trade.outTradeNo, 4);
    expect(new Set(deliveries.map((delivery) => bench.notice(delivery).eventKey)).size).toBe(1);
    await expect
      .poll(async () => (await bench.trade(trade.outTradeNo)).notifications)
      .toMatchObject([{ kind: 'payment_intent.succeeded', state: 'delivered', nextAt: null }]);
  });

  it('can be dropped and asked for, held and released, doubled, forged', async () => {
    const dropped = await bench.started();
    await bench.faults({ dropNotify: true, onlyOutTradeNo: dropped.outTradeNo });
    await bench.control('POST', `/trades/${dropped.outTradeNo}/pay`);
    expect((await bench.trade(dropped.outTradeNo)).notifications).toMatchObject([
      { state: 'dropped', attempts: [] },
    ]);
    expect((await bench.control('POST', `/trades/${dropped.outTradeNo}/notify`)).json).toMatchObject({
      status: 200,
      accepted: true,
    });

    const held = await bench.started();
    await bench.faults({ holdNotify: true, onlyOutTradeNo: held.outTradeNo });
    await bench.control('POST', `/trades/${held.outTradeNo}/pay`);
    expect((await bench.trade(held.outTradeNo)).notifications).toMatchObject([{ state: 'held' }]);
    await bench.control('DELETE', '/faults');
    await bench.merchant.received(held.outTradeNo, 1);

    const doubled = await bench.started();
    await bench.faults({ duplicateNotify: 2, onlyOutTradeNo: doubled.outTradeNo });
    await bench.control('POST', `/trades/${doubled.outTradeNo}/pay`);
    const copies = await bench.merchant.received(doubled.outTradeNo, 3);
    expect(new Set(copies.map((copy) => bench.notice(copy).eventKey)).size).toBe(1);

    const forged = await bench.started();
    await bench.faults({ badSignatureNotify: true, onlyOutTradeNo: forged.outTradeNo, times: 1 });
    await bench.control('POST', `/trades/${forged.outTradeNo}/pay`);
    const [bad] = await bench.merchant.received(forged.outTradeNo, 1);
    expect(bench.verify(bad as Delivery)).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('that were due are sent after a restart', async () => {
    const trade = await bench.started();
    await bench.faults({ delayNotifyMs: 60_000_000, onlyOutTradeNo: trade.outTradeNo });
    const held = await bench.started();
    await bench.faults({ holdNotify: true, onlyOutTradeNo: held.outTradeNo });
    await bench.control('POST', `/trades/${trade.outTradeNo}/pay`);
    await bench.control('POST', `/trades/${held.outTradeNo}/pay`);
    await bench.restart();
    await bench.merchant.received(held.outTradeNo, 1);
    expect((await bench.trade(trade.outTradeNo)).notifications).toMatchObject([
      { state: 'pending', attempts: [] },
    ]);
  });
});
