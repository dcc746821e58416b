import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type TypedSearchAttributes,
} from '@temporalio/common';

/** What operators search and filter by in Temporal's Web UI (OP-1). Registered at boot by the worker. */
export const searchAttributes = {
  state: defineSearchAttributeKey('DingdanState', SearchAttributeType.KEYWORD),
  merchant: defineSearchAttributeKey('DingdanMerchant', SearchAttributeType.KEYWORD),
  buyerHash: defineSearchAttributeKey('DingdanBuyerHash', SearchAttributeType.KEYWORD),
  payableFen: defineSearchAttributeKey('DingdanPayableFen', SearchAttributeType.INT),
  deadline: defineSearchAttributeKey('DingdanDeadline', SearchAttributeType.DATETIME),
} as const;

/** Only where the run was started with attributes may it change them: a server without them serves the same code. */
export function hasSearchAttributes(attributes: TypedSearchAttributes): boolean {
  return attributes.get(searchAttributes.state) !== undefined;
}
