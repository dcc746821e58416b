-- Raises unless a condition holds: how a single statement refuses everything it would have written.
CREATE FUNCTION must(ok boolean, reason text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF ok IS NOT TRUE THEN RAISE EXCEPTION USING ERRCODE = 'DD001', MESSAGE = reason; END IF;
  RETURN true;
END $$;
--> statement-breakpoint
CREATE FUNCTION length_of(document jsonb, key text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_array_length(document -> key), 0)
$$;
--> statement-breakpoint
-- Vouchers, logs, movements and lines are added to, never edited (FN-1, IN-7, SB-4).
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'DD002', HINT = 'Add a reversing row instead.';
END $$;
--> statement-breakpoint
CREATE TRIGGER vouchers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON vouchers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER order_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER order_lines_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER points_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- The snapshot part of an order never changes (SB-4).
CREATE FUNCTION refuse_snapshot_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the snapshot of order % does not change', OLD.order_no USING ERRCODE = 'DD002';
END $$;
--> statement-breakpoint
CREATE TRIGGER orders_snapshot BEFORE UPDATE ON orders FOR EACH ROW WHEN (
  (OLD.order_no, OLD.kind, OLD.root_no, OLD.parent_no, OLD.payment_root_no, OLD.buyer_id, OLD.shop_id, OLD.merchant_id,
   OLD.goods_fen, OLD.discount_fen, OLD.shop_discount_fen, OLD.freight_fen, OLD.points, OLD.points_fen, OLD.payable_fen,
   OLD.price_steps, OLD.coupon_ids, OLD.region, OLD.sealed_contact, OLD.quote_id, OLD.auto_receipt_seconds, OLD.ship_within_seconds, OLD.created_at)
  IS DISTINCT FROM
  (NEW.order_no, NEW.kind, NEW.root_no, NEW.parent_no, NEW.payment_root_no, NEW.buyer_id, NEW.shop_id, NEW.merchant_id,
   NEW.goods_fen, NEW.discount_fen, NEW.shop_discount_fen, NEW.freight_fen, NEW.points, NEW.points_fen, NEW.payable_fen,
   NEW.price_steps, NEW.coupon_ids, NEW.region, NEW.sealed_contact, NEW.quote_id, NEW.auto_receipt_seconds, NEW.ship_within_seconds, NEW.created_at)
) EXECUTE FUNCTION refuse_snapshot_change();
--> statement-breakpoint
CREATE TRIGGER orders_kept BEFORE DELETE OR TRUNCATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- What every account holds, per order: the books of FN-2. Debits add, credits take.
CREATE VIEW account_entries AS
  SELECT v.order_no, v.root_no, v.at, v.kind, p.voucher_no, p.debit AS account, p.amount_fen
  FROM postings p JOIN vouchers v USING (voucher_no)
  UNION ALL
  SELECT v.order_no, v.root_no, v.at, v.kind, p.voucher_no, p.credit, -p.amount_fen
  FROM postings p JOIN vouchers v USING (voucher_no);
