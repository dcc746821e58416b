import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { authenticate } from './auth/middleware.ts';
import { registerPaymentCallbacks } from './callbacks/payments.ts';
import { registerTrackingCallback } from './callbacks/tracking.ts';
import { registerWarehouseCallback } from './callbacks/warehouse.ts';
import { type App, createRouter, type Deps } from './context.ts';
import { answerError, Problem } from './errors.ts';
import { registerHealth } from './health.ts';
import { registerReference } from './reference.ts';
import { registerAddresses } from './routes/addresses/addresses.ts';
import { registerAfterSaleActions } from './routes/after-sales/act.ts';
import { registerAfterSales } from './routes/after-sales/apply.ts';
import { EVIDENCE_PATH, registerEvidence } from './routes/after-sales/evidence.ts';
import { registerAfterSaleStatistics } from './routes/after-sales/statistics.ts';
import { registerBenefits } from './routes/benefits/benefits.ts';
import { registerCart } from './routes/cart/cart.ts';
import { registerGetItem } from './routes/items/get.ts';
import { registerListItems } from './routes/items/list.ts';
import { BULK_SHIPMENTS_PATH, registerBulkShipments } from './routes/merchant/bulk-shipments.ts';
import { registerCancellationAnswers } from './routes/merchant/cancellation-answers.ts';
import { registerMerchantOrders } from './routes/merchant/orders.ts';
import { registerPriceChanges } from './routes/merchant/price-changes.ts';
import { registerMerchantSettlements } from './routes/merchant/settlements.ts';
import { registerShipmentCorrections } from './routes/merchant/shipment-corrections.ts';
import { registerShortages } from './routes/merchant/shortages.ts';
import { registerMerchantTasks } from './routes/merchant/tasks.ts';
import { registerWaybillEnds } from './routes/merchant/waybill-ends.ts';
import { registerWaybills } from './routes/merchant/waybills.ts';
import { registerOrderAddresses } from './routes/orders/addresses.ts';
import { registerCancelOrder } from './routes/orders/cancel.ts';
import { registerCancellationChoices } from './routes/orders/cancellation-choices.ts';
import { registerCloseOrder } from './routes/orders/close.ts';
import { registerGoodwill } from './routes/orders/goodwill.ts';
import { registerNotes } from './routes/orders/notes.ts';
import { registerReadOrders } from './routes/orders/read.ts';
import { registerReceipt } from './routes/orders/receipt.ts';
import { registerSubmitOrder } from './routes/orders/submit.ts';
import { registerTracks } from './routes/orders/tracks.ts';
import { registerUrge } from './routes/orders/urge.ts';
import { registerListPayments } from './routes/payments/list.ts';
import { registerStartPayment } from './routes/payments/start.ts';
import { registerChannelBills } from './routes/platform/bills.ts';
import { registerBooks } from './routes/platform/books.ts';
import { registerGrants } from './routes/platform/grants.ts';
import { registerHolds } from './routes/platform/holds.ts';
import { registerRefundProposals } from './routes/platform/refund-proposals.ts';
import { registerRefunds } from './routes/platform/refunds.ts';
import { registerStatistics } from './routes/platform/statistics.ts';
import { registerWorkItems } from './routes/platform/work-items.ts';
import { registerCreateQuote } from './routes/quotes/create.ts';

const MAX_BODY_KIB = 256;
/** A file of shipments is larger than anything else that is sent. */
const MAX_FILE_KIB = 2048;

/** Paths that anyone may read; everything else under /v1 needs a token, callbacks prove themselves. */
const PUBLIC = [/^\/v1\/items(\/|$)/, /^\/v1\/callbacks\//];

/** The whole HTTP API under `/v1`, with health and reference beside it. */
export function createApp(deps: Deps): App {
  const root = createRouter();
  root.use(secureHeaders());
  const [limitBody, limitFile] = [limitTo(MAX_BODY_KIB), limitTo(MAX_FILE_KIB)];
  root.use((c, next) => {
    if (EVIDENCE_PATH.test(c.req.path)) return next();
    return (c.req.path === `/v1${BULK_SHIPMENTS_PATH}` ? limitFile : limitBody)(c, next);
  });
  root.onError((error, c) =>
    answerError(error, c, (unknown) =>
      deps.logger.error({ err: unknown, path: c.req.path }, 'a request failed'),
    ),
  );
  root.notFound((c) =>
    answerError(
      new Problem('not_found', `There is nothing at ${c.req.path}. GET /reference lists what there is.`),
      c,
      () => {},
    ),
  );

  const v1 = createRouter();
  const authenticated = authenticate(deps.verifier);
  v1.use(async (c, next) =>
    PUBLIC.some((path) => path.test(c.req.path)) ? await next() : await authenticated(c, next),
  );
  v1.use(async (c, next) => {
    const { method, path } = c.req;
    // Putting something into the cart twice is putting it once; putting an address to an order is a version each time.
    const needsKey =
      (method === 'POST' && !path.startsWith('/v1/callbacks/')) ||
      (method === 'PUT' && path.startsWith('/v1/orders/'));
    if (needsKey && !c.req.header('idempotency-key')) throw new Problem('idempotency_key_missing');
    await next();
  });
  registerRoutes(v1, deps);
  root.route('/v1', v1);
  registerHealth(root, deps);
  registerReference(root);
  return root;
}

function limitTo(kib: number) {
  return bodyLimit({
    maxSize: kib * 1024,
    onError: (c) => {
      // The rest of the body stays unread: the connection serves no other request.
      c.header('Connection', 'close');
      throw new Problem('invalid_request', `The body is larger than ${kib} KiB.`);
    },
  });
}

/** Every endpoint of the API. */
export function registerRoutes(v1: App, deps: Deps): void {
  registerListItems(v1, deps);
  registerGetItem(v1, deps);
  registerCart(v1, deps);
  registerAddresses(v1, deps);
  registerBenefits(v1, deps);
  registerCreateQuote(v1, deps);
  registerSubmitOrder(v1, deps);
  registerReadOrders(v1, deps);
  registerTracks(v1, deps);
  registerUrge(v1, deps);
  registerOrderAddresses(v1, deps);
  registerNotes(v1, deps);
  registerCancellationChoices(v1, deps);
  registerCancelOrder(v1, deps);
  registerCloseOrder(v1, deps);
  registerReceipt(v1, deps);
  registerStartPayment(v1, deps);
  registerListPayments(v1, deps);
  registerMerchantOrders(v1, deps);
  registerBulkShipments(v1, deps);
  registerWaybills(v1, deps);
  registerWaybillEnds(v1, deps);
  registerShortages(v1, deps);
  registerCancellationAnswers(v1, deps);
  registerShipmentCorrections(v1, deps);
  registerPriceChanges(v1, deps);
  registerMerchantTasks(v1, deps);
  registerMerchantSettlements(v1, deps);
  registerEvidence(v1, deps);
  registerHolds(v1, deps);
  registerBooks(v1, deps);
  registerRefunds(v1, deps);
  registerGoodwill(v1, deps);
  registerRefundProposals(v1, deps);
  registerWorkItems(v1, deps);
  registerStatistics(v1, deps);
  registerAfterSaleStatistics(v1, deps);
  registerChannelBills(v1, deps);
  registerGrants(v1, deps);
  registerTrackingCallback(v1, deps);
  registerWarehouseCallback(v1, deps);
  registerAfterSales(v1, deps);
  registerAfterSaleActions(v1, deps);
  registerPaymentCallbacks(v1, deps);
}
