import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Every problem this API answers: its status, and a title that says the way out. */
export const PROBLEMS = {
  invalid_request: [400, 'The request is not well-formed; see `errors` for the fields.'],
  idempotency_key_missing: [
    400,
    'Send an Idempotency-Key header: one new random text for each thing you want done.',
  ],
  idempotency_key_reused: [
    422,
    'This Idempotency-Key was used with another body. Use a new key for a new request.',
  ],
  unauthenticated: [401, 'Log in; `loginMethods` says how.'],
  role_missing: [403, 'Your account lacks the role for this.'],
  not_found: [404, 'There is nothing here, or it is not yours.'],
  sku_unknown: [404, 'A SKU of the basket does not exist or is not on sale. Remove it.'],
  address_not_found: [404, 'This address does not exist or is not yours. Choose one of GET /v1/addresses.'],
  coupon_not_found: [404, 'A coupon does not exist or is not yours. Choose from GET /v1/coupons.'],
  coupon_unavailable: [
    409,
    'A coupon is in use by another order or was used. Ask for a new quote without it.',
  ],
  points_insufficient: [409, 'There are fewer points than the quote used. Ask for a new quote.'],
  shop_closed: [409, 'A shop of the basket cannot sell at the moment. Remove its items.'],
  undeliverable: [
    409,
    'Some items cannot be delivered to this address. Remove them or choose another address.',
  ],
  quote_not_found: [404, 'This quote does not exist or is not yours. Ask for a new one.'],
  quote_expired: [409, 'The quote has expired; `quote` is a new one. Submit that with its total.'],
  quote_used: [409, 'This quote was submitted already. Ask for a new one to order again.'],
  price_changed: [
    409,
    'The total is not the one you named; `quote` is a new one. Submit that with its total.',
  ],
  insufficient_stock: [
    409,
    'There is not enough stock; `shortages` says what is left and what else there is.',
  ],
  not_awaiting_payment: [409, 'The order is not awaiting payment any more. Look at its state.'],
  deadline_passed: [409, 'The payment deadline has passed.'],
  method_not_offered: [409, 'This shop does not offer the payment method; `methods` are offered.'],
  payment_in_progress: [409, 'Another payment of this order is being opened. Try again in a moment.'],
  already_paid: [409, 'The provider reports that this order was paid just now. Look at its state.'],
  payment_refused: [
    422,
    'The payment provider refused; the reason is in `reason`. Try again or use another method.',
  ],
  payment_unavailable: [
    503,
    'The payment provider does not answer. Try again in a moment or use another method.',
  ],
  not_awaiting_shipment: [409, 'The order is not awaiting shipment. Look at its state.'],
  nothing_to_choose: [
    409,
    'There is nothing to choose: no cancel of this order was refused, it was chosen on before, or the order has ended.',
  ],
  not_returnable: [409, 'Only a shipped or received order can have a case. Before that, cancel it.'],
  return_window_over: [409, 'The time to open a case is over: 7 days from receipt, 15 for a fault.'],
  more_than_shipped: [409, 'That is more than has left, was not taken back, and is in no open case.'],
  not_exchangeable: [
    422,
    'What is wanted is not on sale in this shop. Choose an item of the same shop, or leave `wantSkuId` out for the same one.',
  ],
  wanted_twice: [422, 'Two lines of the exchange want the same item. Open a case for each of them.'],
  replacement_out_of_stock: [
    409,
    'What is wanted instead is out of stock. Wait until it is there, or pass with `refundInstead` to give the money back.',
  ],
  case_over: [409, 'The case is over. Look at its outcome.'],
  not_now: [409, 'It is not your turn in this case; `actions` says what you can do.'],
  dispositions_differ: [400, 'Say of every piece of the case whether it is sellable, damaged or lost.'],
  cancellation_open: [
    409,
    'The order is being cancelled; outbound is paused. Answer the request, or wait for its outcome.',
  ],
  cancel_first: [
    409,
    'A warehouse is working on it: ask for its cancellation, which stops the warehouse first.',
  ],
  no_cancellation: [409, 'No request to cancel is open. Look at the order’s cancellations.'],
  not_asked: [409, 'This request is answered by somebody else: the warehouse or the merchant who ships.'],
  warehouse_asked: [409, 'The warehouse is still being asked. Its answer decides.'],
  warehouse_ships: [409, 'A warehouse ships this order; the tracking number comes from there.'],
  more_than_open: [409, 'That is more than is still to be sent of a line. Look at the order’s lines.'],
  no_waybill_account: [
    409,
    'You have no account with this carrier here, or no sender’s address. Choose another carrier, or ask the platform.',
  ],
  other_receiver: [
    409,
    'An order goes to another buyer or address than the first one: `orderNo`. Give it a parcel of its own.',
  ],
  waybill_open: [
    409,
    'The pieces have a waybill already: `orderNo`. Hand that over or cancel it, or name other `lines`.',
  ],
  address_erased: [409, 'The buyer was erased, and with it the address. Nothing can be sent there.'],
  waybill_refused: [
    422,
    'The carrier refused; its words are in `refusal`. Ask again, or choose another one.',
  ],
  waybill_not_usable: [409, 'The waybill is not issued, or not open any more. Look at its state.'],
  label_outdated: [
    409,
    'The buyer changed the address since the label was made. Cancel the waybill and ask for a new one.',
  ],
  region_changed: [
    409,
    'The province must stay as it is priced: `region`. To send it elsewhere, cancel the order and order again.',
  ],
  not_amendable: [
    409,
    'The address cannot change any more: a warehouse may know it already, something has left, or the order has ended. Look at its state.',
  ],
  not_writable: [409, 'Nobody works on this order any more. Look at its state.'],
  already_confirmed: [409, 'The order is confirmed already.'],
  not_reviewed: [409, 'Confirm the order before shipping it.'],
  not_awaiting_receipt: [409, 'The order is not awaiting receipt. Look at its state.'],
  confirmation_invalid: [409, 'The confirmation is not valid any more. Ask again without one.'],
  already_extended: [409, 'The receipt was extended already; that is possible once.'],
  held: [409, 'The order is on hold while a case is open.'],
  not_holdable: [409, 'Only a shipped or completed order can be held.'],
  not_held: [409, 'The order has no such hold.'],
  invalid_tracking_no: [400, 'The tracking number does not fit the carrier.'],
  same_tracking_no: [409, 'The parcel has this carrier and number already.'],
  parcel_signed: [409, 'The parcel is signed for: its number is not corrected any more.'],
  price_cut_too_large: [
    409,
    'That is more than can be taken off: something must stay to be paid, and of the freight only what is paid in money.',
  ],
  not_urgeable: [409, 'Only a paid order that is not received yet can be urged. Look at its state.'],
  urged_already: [409, 'The merchant was urged within the last 24 hours.'],
  not_refundable: [409, 'Only a paid order that was not given back yet can be refunded. Look at its state.'],
  more_than_paid: [409, 'That is more than is left of what was paid; `refundableFen` is what is left.'],
  more_than_freight: [
    409,
    'That is more than the freight that was not given back yet; `freightLeftFen` is what is left.',
  ],
  goodwill_limit: [
    409,
    'That is more than you can still give today: `limitFen` a day, of which `usedFen` is given; it begins anew at `renewsAt`.',
  ],
  second_person_needed: [
    409,
    'So large a refund needs a second person: ask for it again, and somebody else with the finance role is asked.',
  ],
  own_proposal: [403, 'You asked for this refund yourself; somebody else with the finance role decides it.'],
  refund_moving: [409, 'The provider is making this refund after all. Look at the order in a moment.'],
  already_decided: [409, 'This was decided already; look at the order’s refunds and proposals.'],
  joint_order: [409, 'This order is paid together with other shops’. Only the platform can close it.'],
  bill_not_ready: [503, 'The provider has not made this bill yet, or does not answer. Try again later.'],
  bill_unreadable: [502, 'The provider’s bill cannot be read; `reason` says where. Nothing of it was used.'],
  evidence_type: [415, 'Evidence is a picture or a video; `allowed` are the types, told by the content.'],
  evidence_too_large: [413, 'The file is too large: 5 MiB for a picture, 30 MiB for a video.'],
  evidence_too_many: [409, 'Your side has given ten files to this case, which is all it can.'],
  too_many_requests: [429, 'Too many requests. Wait a moment.'],
  busy: [503, 'Something this needs is not there at the moment. Try again with the same Idempotency-Key.'],
  internal: [500, 'Something went wrong on our side. Try again with the same Idempotency-Key.'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];
