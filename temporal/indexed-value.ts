/** Temporal's codes of search attribute types (`temporal.api.enums.v1.IndexedValueType`). */
export const IndexedValueType = { KEYWORD: 2, INT: 3, DATETIME: 6 } as const;
