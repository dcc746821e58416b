-- What an exchange brought belongs to the snapshot of its replacement, which never changes (SB-4).
DROP TRIGGER orders_snapshot ON orders;
--> statement-breakpoint
CREATE TRIGGER orders_snapshot BEFORE UPDATE ON orders FOR EACH ROW WHEN (
  (OLD.order_no, OLD.kind, OLD.root_no, OLD.parent_no, OLD.payment_root_no, OLD.buyer_id, OLD.shop_id, OLD.merchant_id,
   OLD.goods_fen, OLD.discount_fen, OLD.shop_discount_fen, OLD.freight_fen, OLD.points, OLD.points_fen, OLD.payable_fen,
   OLD.price_steps, OLD.coupon_ids, OLD.region, OLD.sealed_contact, OLD.quote_id, OLD.exchange_of, OLD.credit_fen,
   OLD.auto_receipt_seconds, OLD.ship_within_seconds, OLD.created_at)
  IS DISTINCT FROM
  (NEW.order_no, NEW.kind, NEW.root_no, NEW.parent_no, NEW.payment_root_no, NEW.buyer_id, NEW.shop_id, NEW.merchant_id,
   NEW.goods_fen, NEW.discount_fen, NEW.shop_discount_fen, NEW.freight_fen, NEW.points, NEW.points_fen, NEW.payable_fen,
   NEW.price_steps, NEW.coupon_ids, NEW.region, NEW.sealed_contact, NEW.quote_id, NEW.exchange_of, NEW.credit_fen,
   NEW.auto_receipt_seconds, NEW.ship_within_seconds, NEW.created_at)
) EXECUTE FUNCTION refuse_snapshot_change();
