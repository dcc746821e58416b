import { OpenAPIHono } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import type { App } from './context.ts';
import { describeApi, operationIdOf } from './openapi.ts';

describe('an operation id is derived from method and path', () => {
  it.each([
    ['get', '/v1/orders', 'getOrders'],
    ['get', '/v1/orders/{orderNo}', 'getOrder'],
    ['post', '/v1/orders/{orderNo}/receipt-extensions', 'postOrderReceiptExtensions'],
    ['get', '/v1/addresses/{addressId}', 'getAddress'],
    ['get', '/v1/platform/buyers/{buyerId}/money', 'getPlatformBuyerMoney'],
  ])('%s %s is %s', (method, path, id) => expect(operationIdOf(method, path)).toBe(id));
});

describe('an endpoint is not described', () => {
  const responses = { 200: { description: 'Done' } };
  it.each([
    ['without a summary', { tags: ['Orders'], responses }],
    ['with a tag nobody explained', { tags: ['Odds'], summary: 'Does odd things', responses }],
  ])('%s', (_name, route) => {
    const app = new OpenAPIHono() as unknown as App;
    app.openAPIRegistry.registerPath({ method: 'get', path: '/v1/odd', ...route });
    expect(() => describeApi(app)).toThrow('get /v1/odd needs');
  });
});
