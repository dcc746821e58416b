import { expect, test } from 'vitest';
import { changeSku } from '../support/given.ts';
import {
  anonymous,
  type Buyer,
  givenShop,
  givenSku,
  newBuyer,
  problemFrom,
  submit,
} from '../support/world.ts';

type Items = { items: { skuId: string }[]; nextCursor: string | null };
type Cart = {
  shops: {
    shopId: string;
    lines: { skuId: string; quantity: number; available: number; priceFen: number; problem: string | null }[];
  }[];
};

const visitor = anonymous();
const cartOf = (buyer: Buyer) => buyer.get<Cart>('/cart');

test('CK-13 items are listed page by page, filtered by shop, category and text, without what is off sale', async () => {
  const shop = await givenShop();
  const skus = (await Promise.all([1, 2, 3, 4, 5].map(() => givenSku(shop, 5)))).sort();
  const teapot = await givenSku(shop, 5, { title: `紫砂壶 50%_${shop}`, category: `pots-${shop}` });
  await givenSku(shop, 5, { onSale: false });
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Items = await visitor.get(
      `/items?shopId=${shop}&limit=2${cursor ? `&cursor=${cursor}` : ''}`,
    );
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map(({ skuId }) => skuId));
    cursor = page.nextCursor;
  } while (cursor);
  expect(seen).toEqual([...skus, teapot].sort());
  const ids = async (query: string) =>
    (await visitor.get<Items>(`/items?${query}`)).items.map(({ skuId }) => skuId);
  expect(await ids(`category=pots-${shop}`)).toEqual([teapot]);
  expect(await ids(`text=${encodeURIComponent(`50%_${shop}`)}`)).toEqual([teapot]);
  expect(await ids(`text=${encodeURIComponent(`50__${shop}`)}`)).toEqual([]); // signs of the search language are plain text
});

test('CK-13 an item shows specs, price, what is available and its rating; one off sale is not there', async () => {
  const buyer = await newBuyer();
  const shop = await givenShop();
  const sku = await givenSku(shop, 10, {
    title: '茶',
    spec: '100 克',
    priceFen: 1_234n,
    ratingHundredths: 456,
  });
  await submit(buyer, { [sku]: 3 });
  expect(await visitor.get(`/items/${sku}`)).toEqual({
    skuId: sku,
    shopId: shop,
    shopName: shop,
    title: '茶',
    spec: '100 克',
    category: `cat-${shop}`,
    priceFen: 1_234,
    rating: 4.56,
    available: 7,
  });
  await changeSku(sku, { onSale: false });
  expect(await problemFrom(visitor.get(`/items/${sku}`))).toMatchObject({ status: 404, code: 'not_found' });
});

test('CK-13 the cart is by shop and flags the lines that cannot be bought now', async () => {
  const [buyer, other] = [await newBuyer(), await newBuyer()];
  const [shopA, shopB] = [await givenShop(), await givenShop()].sort() as [string, string];
  const [fine, scarce] = [await givenSku(shopA, 10), await givenSku(shopA, 5)];
  const gone = await givenSku(shopB, 10);
  await buyer.put(`/cart/items/${fine}`, { quantity: 2 });
  await buyer.put(`/cart/items/${scarce}`, { quantity: 5 });
  const full = await buyer.put<Cart>(`/cart/items/${gone}`, { quantity: 1 });
  expect(full).toMatchObject({
    shops: [
      {
        shopId: shopA,
        lines: [
          { skuId: fine, problem: null },
          { skuId: scarce, problem: null },
        ],
      },
      { shopId: shopB, lines: [{ skuId: gone, problem: null }] },
    ],
  });

  await submit(other, { [scarce]: 1 });
  await changeSku(gone, { onSale: false });
  await changeSku(fine, { priceFen: 999n });
  const { shops } = await cartOf(buyer);
  expect(
    shops.flatMap(({ lines }) =>
      lines.map(({ skuId, problem, available, priceFen }) => ({ skuId, problem, available, priceFen })),
    ),
  ).toEqual([
    { skuId: fine, problem: null, available: 10, priceFen: 999 },
    { skuId: scarce, problem: 'insufficient_stock', available: 4, priceFen: 10_000 },
    { skuId: gone, problem: 'not_on_sale', available: 10, priceFen: 10_000 },
  ]);
});

test('CK-13 putting again replaces the quantity, taking out twice is the same as once, what is not on sale cannot be put in', async () => {
  const buyer = await newBuyer();
  const shop = await givenShop();
  const sku = await givenSku(shop, 10);
  const off = await givenSku(shop, 10, { onSale: false });
  for (const quantity of [1, 3, 3]) await buyer.put(`/cart/items/${sku}`, { quantity });
  expect((await cartOf(buyer)).shops).toMatchObject([{ lines: [{ skuId: sku, quantity: 3 }] }]);
  for (const skuId of [off, 'no-such'])
    expect(await problemFrom(buyer.put(`/cart/items/${skuId}`, { quantity: 1 }))).toMatchObject({
      status: 404,
      code: 'sku_unknown',
    });
  expect((await problemFrom(buyer.put(`/cart/items/${sku}`, { quantity: 0 }))).code).toBe('invalid_request');
  for (let i = 0; i < 2; i++) expect((await buyer.raw('DELETE', `/cart/items/${sku}`)).status).toBe(200);
  expect((await cartOf(buyer)).shops).toEqual([]);
});
